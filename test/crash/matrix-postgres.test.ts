import { describeTenth } from "./tenth.ts";

describeTenth("postgres");
