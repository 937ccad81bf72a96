// A run that is watched, and steered by the page's buttons.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import test from "node:test";
import { audit, open, openAll, sideways } from "./browser.mjs";
import { here, shoot } from "./here.mjs";
import { stop } from "./world.mjs";

const boards = count => Array.from({ length: count }, (_, number) =>
	`http://127.0.0.1:${here.world.sitePort}/board/${number}.html\n`).join("");

// A crawl of so many pages into a database of its own, and its page in a browser.
async function watch(name, options = {}) {
	const server = await here.world.serve("-o", `${name}.db`);
	const view = await open(here.browser, { origins: [server.origin], ...options });
	return { server, ...view, chip: text => view.page.locator(".chip", { hasText: text }) };
}

function start(name, pages, delay) {
	here.world.write(`${name}.txt`, boards(pages) +
		`http://127.0.0.4:${here.world.sitePort}/missing/1\n`);
	return here.world.start([`${name}.txt`, "-o", `${name}.db`, "--delay", delay,
		"--concurrency", "1"]);
}

async function end({ server, context }, run) {
	await context.close();
	await stop(server.child);
	if (run)
		await stop(run);
}

test("a run is watched from before its start to its end, paused and resumed by button",
     { timeout: 120_000 }, async () => {
	const seen = await watch("watched");
	const { page, faults, chip } = seen;

	await page.goto(seen.server.address);
	assert.match(await page.locator("#head").innerText(), /No such file/);
	await page.evaluate(() => {
		window.isSame = true; // until the page is loaded anew
	});
	const run = start("watched", 100, "120ms");
	await chip("running").waitFor();
	await page.locator("#newest td").first().waitFor();
	await page.getByRole("button", { name: "Pause" }).click();
	await chip("paused").waitFor();
	await shoot(page, "live-paused");
	assert.deepEqual(await audit(page), []);
	const paused = await page.locator("#verdict").innerText();
	await page.getByRole("button", { name: "Resume" }).click();
	await chip("running").waitFor();
	await page.locator("#verdict", { hasNotText: paused.split("\n")[0] }).waitFor();
	for (const [width, scheme] of [[1280, "light"], [400, "dark"]]) {
		await page.setViewportSize({ width, height: 900 });
		await page.emulateMedia({ colorScheme: scheme });
		await shoot(page, `live-${width}-${scheme}`);
		assert.deepEqual(await audit(page), []);
		assert.deepEqual(await sideways(page), []);
	}
	await chip("finished").waitFor();
	await page.locator("#said:empty").waitFor({ state: "attached" });
	assert.equal(await page.getByRole("button").count(), 0);
	assert.equal(await page.evaluate(() => window.isSame), true);
	assert.match(await page.title(), /watched\.db/);
	assert.deepEqual(faults, []);
	await end(seen, run);
});

test("what is open, focused, scrolled or selected stays while sections are swapped",
     { timeout: 120_000 }, async () => {
	const seen = await watch("kept", { width: 400 });
	const { page, faults, chip } = seen;
	const run = start("kept", 1000, "80ms");

	await page.goto(seen.server.address);
	await chip("running").waitFor();
	await page.locator("#newest td").first().waitFor();
	await page.locator("details.cause summary").first().waitFor();
	await openAll(page, false);
	await page.locator("details.pat > summary").first().focus();
	await page.keyboard.press("Enter");
	await page.evaluate(() => {
		const region = document.querySelector("#newest .scroll");
		region.scrollLeft = 30;
		window.was = { focus: document.activeElement, left: region.scrollLeft,
			       open: [...document.querySelectorAll("details")].map(one => one.open),
			       top: Math.round(document.activeElement.getBoundingClientRect().top) };
	});
	for (let change = 0; change < 3; change++) { // the time that it has run
		const line = await page.locator(".top p").innerText();
		await page.locator(".top p", { hasNotText: line }).waitFor();
	}
	const now = await page.evaluate(() => ({
		isFocused: document.activeElement === window.was.focus,
		left: document.querySelector("#newest .scroll").scrollLeft === window.was.left,
		isScrolled: window.was.left > 0,
		open: document.activeElement.parentNode.open,
		others: [...document.querySelectorAll("details")].filter(one => one.open).length,
		moved: Math.abs(document.activeElement.getBoundingClientRect().top - window.was.top) }));
	assert.deepEqual({ ...now, moved: now.moved <= 2 }, { isFocused: true, left: true, isScrolled: true,
		open: true, others: 1, moved: true }, `moved by ${now.moved}`);
	await page.getByRole("button", { name: "Stop" }).click();
	await page.locator("#said", { hasText: /./ }).waitFor();
	await chip("stopped early").waitFor();
	await shoot(page, "live-stopped");
	assert.deepEqual(await audit(page), []);
	assert.deepEqual(faults, []);
	await end(seen, run);
});

test("a page whose server has gone says so", { timeout: 60_000 }, async () => {
	const seen = await watch("gone");
	const { page } = seen;

	await page.goto(seen.server.address);
	await page.locator("#head").waitFor();
	await stop(seen.server.child);
	await page.locator("#said", { hasText: /does not answer/ }).waitFor();
	await end(seen);
});

test("without script the page comes anew by itself, and its buttons work", { timeout: 120_000 },
     async () => {
	const seen = await watch("plain", { script: false });
	const { page, faults, chip } = seen;
	const run = start("plain", 200, "1s");

	await page.goto(seen.server.address);
	await chip("running").waitFor(); // after a reload, or at once
	await page.waitForEvent("load", { timeout: 15_000 });
	await page.getByRole("button", { name: "Pause" }).click();
	await chip("paused").waitFor();
	assert.equal(new URL(page.url()).pathname, "/");
	await page.getByRole("button", { name: "Stop" }).click();
	await chip("stopped early").waitFor();
	await shoot(page, "plain-stopped");
	assert.deepEqual(faults, []);
	await end(seen, run);
});

test("the page of crawl run --serve says how the run ended, and then asks no more",
     { timeout: 60_000 }, async () => {
	here.world.write("served.txt", boards(100));
	const run = here.world.start(["run", "--serve", "--port", "0", "served.txt", "-o", "served.db",
		"--delay", "100ms", "--concurrency", "1"], "pipe");
	const code = new Promise(done => run.once("exit", done));
	const line = await new Promise(done => createInterface(run.stderr).on("line", text => {
		if (text.startsWith("page: "))
			done(text);
	}));
	const address = line.slice("page: ".length);
	const { page, context, faults } = await open(here.browser, { origins: [new URL(address).origin] });

	await page.goto(address);
	await page.locator(".chip", { hasText: "running" }).waitFor();
	await page.locator(".chip", { hasText: "finished" }).waitFor();
	assert.equal(await code, 0);
	await page.waitForTimeout(3000); // longer than a browser waits before it asks for events again
	assert.equal(await page.locator(".chip").innerText(), "finished");
	assert.deepEqual(faults, []);
	await context.close();
});

test("a pattern is tried as it is typed: matches are coloured, and what is missing is said",
     { timeout: 60_000 }, async () => {
	const server = await here.world.serve();
	const { page, context, faults } = await open(here.browser, { origins: [server.origin] });
	const result = page.locator("#result");

	await page.goto(server.address);
	await page.goto(`${server.origin}/try`);
	await page.locator("#page").fill("<li><b>Winter</b> 9.50</li>\n<li><b>Night</b> 7.00</li>\n");
	await page.locator("#pattern").fill("patterns:\n  - name: books\n" +
		"    pattern: '<b>(?<title>[^<]*)</b> (?<price>[\\d.]+)'\n");
	await result.locator("mark", { hasText: "Winter" }).first().waitFor();
	await shoot(page, "try-matches");
	assert.match(await result.innerText(), /2 rows/);
	assert.deepEqual(await audit(page), []);
	await page.locator("#pattern").fill("patterns:\n  - name: books\n    pattern: '<h9>(?<title>x)'\n");
	await page.locator("#result", { hasText: "nothing" }).waitFor();
	await shoot(page, "try-nothing");
	await page.setViewportSize({ width: 400, height: 900 });
	assert.deepEqual(await sideways(page), []);
	assert.deepEqual(await audit(page), []);
	assert.deepEqual(faults, []);
	await context.close();
	await stop(server.child);
});
