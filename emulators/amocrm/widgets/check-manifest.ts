/** The manifest of a widget archive (docs/protocols/amocrm-platform.md#the-manifest, #settings-of-a-widget). */
const LOCATIONS = [
  ..."lcard ccard comcard cucard llist clist culist tlist tline tcalendar settings advanced_settings card_sdk".split(
    " ",
  ),
  ..."catalogs digital_pipeline lead_sources whatsapp_modal everywhere sms mobile_card amoforms".split(" "),
  ..."salesbot_designer widget_page ai_agent".split(" "),
];
const SETTING_TYPES = ["text", "pass", "users", "users_lp", "custom"];

export interface Manifest {
  /** Keys of texts. */
  readonly name: string;
  readonly version: string;
  readonly init_once: boolean;
  readonly locale: readonly string[];
  readonly locations: readonly string[];
  readonly settings: Readonly<
    Record<string, { readonly name: string; readonly type: string; readonly required: boolean }>
  >;
  readonly support: object;
  readonly tourImages: readonly string[];
}

type Tree = Readonly<Record<string, unknown>>;
const treeOf = (value: unknown): Tree => (typeof value === "object" && value !== null ? (value as Tree) : {});
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** Reads what it can and adds a sentence to `faults` for everything that is not as it must be. */
export function checkManifest(json: unknown, texts: Readonly<Record<string, object>>, faults: string[]): Manifest {
  const fault = (text: string) => void faults.push(`manifest.json: ${text}`);
  const widget = treeOf(treeOf(json)["widget"]);
  for (const key of ["name", "description", "short_description"])
    checkTextKey(widget[key], `widget.${key}`, texts, fault);
  if (typeof widget["version"] !== "string" || !/^\d+(\.\d+)*$/.test(widget["version"])) {
    fault(`widget.version must be a text such as "1.0.0"`);
  }
  if (widget["interface_version"] !== 2) fault("widget.interface_version must be 2");
  for (const key of ["init_once", "installation"]) {
    if (widget[key] !== undefined && typeof widget[key] !== "boolean") fault(`widget.${key} must be true or false`);
  }
  if (widget["installation"] === undefined) fault("widget.installation is missing");
  const locale = textsOf(widget["locale"]);
  if (locale.length === 0) fault("widget.locale is missing");
  for (const language of locale)
    if (!texts[language]) fault(`widget.locale names ${language}, but i18n/${language}.json is missing`);

  const locations = textsOf(treeOf(json)["locations"]);
  if (locations.length === 0) fault("locations are missing");
  for (const location of locations) {
    const [, base = "", suffix] = /^(\w+?)(-[01])?$/.exec(location) ?? [];
    if (!LOCATIONS.includes(base)) fault(`unknown location "${location}"`);
    else if (base === "everywhere" && suffix) fault(`location "everywhere" takes no suffix`);
  }
  const tour = treeOf(treeOf(json)["tour"]);
  if (tour["is_tour"] !== true) fault("tour.is_tour must be true");
  const settings = checkSettings(treeOf(json)["settings"], widget["installation"] === true, texts, fault);
  return {
    name: String(widget["name"] ?? ""),
    version: String(widget["version"] ?? ""),
    init_once: widget["init_once"] === true,
    locale,
    locations,
    settings,
    support: treeOf(widget["support"]),
    tourImages: Object.values(treeOf(tour["tour_images"])).flatMap(textsOf),
  };
}

function checkSettings(
  json: unknown,
  installation: boolean,
  texts: Readonly<Record<string, object>>,
  fault: (text: string) => void,
): Manifest["settings"] {
  if (json === undefined) {
    fault("settings are missing ({} when there are none)");
    return {};
  }
  const settings = Object.entries(treeOf(json)).map(([code, value]) => {
    const { name, type, required } = treeOf(value);
    checkTextKey(name, `settings.${code}.name`, texts, fault);
    if (!SETTING_TYPES.includes(String(type)))
      fault(`settings.${code}.type must be one of ${SETTING_TYPES.join(", ")}`);
    if (typeof required !== "boolean") fault(`settings.${code}.required must be true or false`);
    return [code, { name: String(name), type: String(type), required: required === true }] as const;
  });
  if (settings.length > 0 && !installation) fault("settings are allowed only with installation: true");
  if (settings.filter(([, { type }]) => type === "custom").length > 1) fault("at most one setting of type custom");
  return Object.fromEntries(settings);
}

function checkTextKey(
  key: unknown,
  where: string,
  texts: Readonly<Record<string, object>>,
  fault: (text: string) => void,
): void {
  if (typeof key !== "string" || key === "") {
    fault(`${where} is missing`);
    return;
  }
  for (const [language, tree] of Object.entries(texts)) {
    if (typeof findText(tree, key) !== "string") fault(`${where}: no text "${key}" in i18n/${language}.json`);
  }
}

/** The text or subtree at a dotted path. */
export const findText = (tree: object, path: string): unknown =>
  path.split(".").reduce<unknown>((node, key) => treeOf(node)[key], tree);
