// A pattern is tried as it is typed.
import assert from "node:assert/strict";
import test from "node:test";
import { audit, open, sideways } from "./browser.mjs";
import { here, shoot } from "./here.mjs";
import { stop } from "./world.mjs";

const list = "<ul>\n<li>1 <b>One</b></li>\n<li>2 <b>Two & a half</b></li>\n</ul>\n<script>alert(1)</script>";
const pattern = regex => `patterns:\n  - name: tried\n    pattern: '${regex}'\n`;

async function openTry(server, options = {}) {
	const view = await open(here.browser, { origins: [server.origin], ...options });
	await view.page.goto(server.address);
	await view.page.goto(`${server.origin}/try`);
	return view;
}

const status = page => page.locator("#result [role=status]");

test("what is typed is tried, and what was typed last stands there in the end", { timeout: 60_000 },
     async () => {
	const server = await here.world.serve();
	const { page, context, faults } = await openTry(server, { mayHappen: /413/ });

	await page.fill("#page", list);
	await page.fill("#pattern", pattern("<li>(?<rank>[0-9]+) <b>(?<title>[^<]*)"));
	await status(page).filter({ hasText: "tried: 2 rows" }).waitFor();
	assert.deepEqual(await page.locator("#result td").allTextContents(), ["1", "One", "2", "Two & a half"]);
	assert.equal(await page.locator("#result mark").count(), 2);
	assert.ok(await page.locator("#copy").isVisible());

	// One that takes long, and two behind it: the one between them is never asked for.
	await page.evaluate(() => {
		window.seen = [];
		new MutationObserver(() => window.seen.push(document.querySelector("#result [role=status]").textContent))
			.observe(document.querySelector("main"), { childList: true });
	});
	const asked = [];
	page.on("request", request => asked.push(new URLSearchParams(request.postData() ?? "").get("pattern")));
	let release;
	const held = new Promise(done => {
		release = done;
	});
	await page.route("**/try", async route => {
		if (asked.length === 1)
			await held;
		await route.continue();
	});
	const first = page.waitForRequest("**/try");
	for (const regex of ["slow", "between", "half"]) {
		await page.fill("#pattern", pattern(regex));
		await page.evaluate(() => new Promise(done => setTimeout(done, 400))); // the page's own timer is over
	}
	await first;
	release();
	await status(page).filter({ hasText: "1 row" }).waitFor();
	await page.waitForTimeout(500);
	assert.deepEqual(asked, [pattern("slow"), pattern("half")]);
	assert.match((await page.evaluate(() => window.seen)).at(-1), /^tried: 1 row/);
	assert.equal(await page.evaluate(() => document.activeElement.id), "pattern");

	// What is too large is said to be, and stays.
	await page.fill("#page", "x".repeat(80_000));
	await page.locator("#result", { hasText: "64 KiB at most" }).waitFor();
	assert.equal((await page.inputValue("#page")).length, 80_000);
	assert.deepEqual(faults, []);
	await context.close();
	await stop(server.child);
});

test("the page to try patterns on: axe finds nothing, nothing is wider than the window; without a script",
     { timeout: 120_000 }, async () => {
	const server = await here.world.serve("-c", "crawl.yaml");

	for (const width of [1280, 400]) {
		for (const scheme of ["light", "dark"]) {
			const { page, context, faults } = await openTry(server, { width, scheme, script: true });
			const texts = { found: "<b>(?<title>[^<]*)</b>", explained: '<b class="x">([^<]*)</b>', wrong: "(" };

			await page.fill("#page", list);
			for (const [name, regex] of Object.entries(texts)) {
				await page.fill("#pattern", pattern(regex));
				await status(page).filter({ hasText: { found: "2 rows", explained: "nothing",
					wrong: "cannot be read" }[name] }).waitFor();
				await shoot(page, `try-${name}-${width}-${scheme}`);
				assert.deepEqual(await audit(page), [], name);
				assert.deepEqual(await sideways(page), [], name);
			}
			assert.deepEqual(faults, []);
			await context.close();
		}
	}
	const { page, context, faults } = await openTry(server, { script: false });
	await page.fill("#page", list);
	await page.fill("#pattern", pattern("<b>(?<title>[^<]*)</b>"));
	await page.click("button:text-is('Try')");
	await status(page).filter({ hasText: "tried: 2 rows" }).waitFor();
	await page.click("button[name=use]"); // a pattern of the config in its place
	assert.match(await page.inputValue("#pattern"), /name: boards/);
	assert.equal(await page.inputValue("#page"), list);
	assert.deepEqual(faults, []);
	await context.close();
	await stop(server.child);
});
