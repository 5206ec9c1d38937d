/** `build.ts` turns a stylesheet into the text of it, fonts put aside as files. */
declare module "*.css" {
  const text: string;
  export default text;
}
