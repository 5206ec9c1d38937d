import { describeTenth } from "./tenth.ts";

describeTenth("sqlite");
