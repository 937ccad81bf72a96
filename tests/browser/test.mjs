// The tests in a browser: run.sh runs them.
import { before, after } from "node:test";
import { launch } from "./browser.mjs";
import { World } from "./world.mjs";
import "./test_checks.mjs";
import "./test_gate.mjs";
import "./test_live.mjs";
import "./test_look.mjs";
import "./test_try.mjs";
import { here } from "./here.mjs";

before(async () => {
	here.world = await World.make();
	here.world.crawlAll();
	here.browser = await launch();
}, { timeout: 180_000 });

after(async () => {
	await here.browser?.close();
	await here.world?.end();
}, { timeout: 60_000 });
