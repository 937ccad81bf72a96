// The report and the page of four runs, as they are seen, heard and reached by keyboard.
import assert from "node:assert/strict";
import test from "node:test";
import { audit, open, openAll, sideways } from "./browser.mjs";
import { here, shoot } from "./here.mjs";
import { stop } from "./world.mjs";

const looks = [1280, 400].flatMap(width => ["light", "dark"].map(scheme => ({ width, scheme })));

// In every look, as it is and with all that can be opened: pictures; axe; as wide as the window.
async function lookAtAll(address, name, path = null) {
	for (const look of looks) {
		const { page, context, faults } = await open(here.browser,
			{ ...look, origins: [new URL(address).origin] });
		await page.goto(address);
		if (path)
			await page.goto(new URL(path, address).href);
		assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
			     look.scheme === "dark" ? "rgb(18, 22, 27)" : "rgb(255, 255, 255)");
		for (const isOpen of path ? [true] : [false, true]) {
			const at = `${name}-${look.width}-${look.scheme}-${isOpen ? "open" : "closed"}`;
			await openAll(page, isOpen);
			await shoot(page, at);
			assert.deepEqual(await audit(page), [], at);
			assert.deepEqual(await sideways(page), [], at);
		}
		assert.deepEqual(faults, [], `${name} ${look.width} ${look.scheme}`);
		await context.close();
	}
}

// Tab through it to its end.  Where visit says so, Enter.  Returns how many stops there were.
async function tabThrough(page, visit) {
	await page.evaluate(() => {
		window.stops = new Set();
	});
	for (let count = 0; count < 2000; count++) {
		await page.keyboard.press("Tab");
		const is = await page.evaluate(() => {
			const at = document.activeElement;
			if (!at || at === document.body || window.stops.has(at))
				return null;
			window.stops.add(at);
			const style = getComputedStyle(at), box = at.getBoundingClientRect();
			return { name: at.nodeName, text: at.textContent.slice(0, 60),
				 isClosed: at.nodeName === "SUMMARY" && !at.parentNode.open,
				 isShown: style.outlineStyle !== "none" && box.width > 0 && box.bottom > 0 &&
					box.top < window.innerHeight };
		});
		if (!is)
			return count;
		assert.ok(is.isShown, `it is seen where the focus is: ${is.name} ${is.text}`);
		await visit(is);
	}
	assert.fail("the focus never came to an end");
}

test("the report: axe finds nothing, nothing is loaded, nothing is wider than the window",
     { timeout: 180_000 }, async () => {
	await lookAtAll(here.world.report("report.html"), "report");
});

test("the page: the same", { timeout: 180_000 }, async () => {
	const server = await here.world.serve();
	await lookAtAll(server.address, "page");
	await stop(server.child);
});

test("lists of URLs and rows, and stories: the same, and the keyboard reaches each of their links",
     { timeout: 180_000 }, async () => {
	const server = await here.world.serve("-c", "crawl.yaml");
	const views = { urls: "/urls", failed: "/urls?state=failed&order=oldest", "no-url": "/urls?q=nothing",
			patterns: "/rows/", rows: "/rows/boards?order=up:title", "no-pattern": "/rows/board",
			story: "/why?id=1", failure: "/why?url=nothing", one: "/why" };
	for (const [name, path] of Object.entries(views)) {
		for (const look of looks) {
			const { page, context, faults } = await open(here.browser, { ...look, origins: [server.origin] });
			await page.goto(server.origin + path);
			const at = `${name}-${look.width}-${look.scheme}`;
			await shoot(page, at);
			assert.deepEqual(await audit(page), [], at);
			assert.deepEqual(await sideways(page), [], at);
			if (look.width === 400 && look.scheme === "light") {
				await tabThrough(page, async () => {});
				assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("a[href]")]
					.filter(link => !window.stops.has(link)).map(link => link.outerHTML)), [], at);
			}
			assert.deepEqual(faults.filter(fault => !/40[04]/.test(fault)), [], at);
			await context.close();
		}
	}
	await stop(server.child);
});

for (const [name, path] of [["try", "/try"]])
	test(`${path}: the same`, { timeout: 180_000 }, async () => {
		const server = await here.world.serve();
		await lookAtAll(server.address, name, path);
		await stop(server.child);
	});

test("the report of each run before: first, fine", { timeout: 180_000 }, async () => {
	for (const run of [1, 3]) {
		const address = here.world.report(`run-${run}.html`, "--run", `${run}`);
		const { page, context, faults } = await open(here.browser);
		await page.goto(address);
		await shoot(page, `report-run-${run}`);
		assert.deepEqual(await audit(page), []);
		assert.deepEqual(faults, []);
		await context.close();
	}
});

test("the keyboard alone opens the story of every URL of the report", { timeout: 120_000 },
     async () => {
	const { page, context, faults } = await open(here.browser);
	await page.goto(here.world.report("report.html"));
	await openAll(page, false);
	await tabThrough(page, async is => {
		if (is.isClosed)
			await page.keyboard.press("Enter");
	});
	const stories = await page.locator(".urls details").count();
	assert.ok(stories >= 15, `${stories} stories`);
	assert.equal(await page.locator(".urls details[open] .story").count(), stories);
	for (const story of await page.locator(".urls .story").all())
		assert.ok(await story.isVisible());
	assert.deepEqual(faults, []);
	await context.close();
});

test("the keyboard alone reaches every link of the page, and the story behind one",
     { timeout: 120_000 }, async () => {
	const server = await here.world.serve();
	const { page, context, faults } = await open(here.browser, { origins: [server.origin] });
	await page.goto(server.address);
	await openAll(page, false);
	await tabThrough(page, async is => {
		if (is.isClosed)
			await page.keyboard.press("Enter");
	});
	const missed = await page.evaluate(() => [...document.querySelectorAll("a[href]")]
		.filter(link => !window.stops.has(link)).map(link => link.outerHTML));
	assert.deepEqual(missed, []);
	for (const path of ["/urls", "/rows/", "/why", "/try"])
		assert.equal(await page.locator(`#foot a[href="${path}"]`).count(), 1, path);
	const links = page.locator('a[href^="/why?id="]');
	assert.ok(await links.count() >= 20);
	assert.deepEqual(faults, []);
	await links.first().focus();
	await page.keyboard.press("Enter");
	await page.waitForURL("**/why?id=*");
	assert.match(await page.locator("main").innerText(), /127\.0\.0\./);
	await context.close();
	await stop(server.child);
});

test("the first stop of the keyboard leads past the head", { timeout: 60_000 }, async () => {
	const { page, context } = await open(here.browser, { width: 400 });
	await page.goto(here.world.report("report.html"));
	await page.keyboard.press("Tab");
	assert.match(await page.evaluate(() => document.activeElement.textContent), /^Skip/);
	await page.keyboard.press("Enter");
	await page.keyboard.press("Tab");
	assert.ok(await page.evaluate(() => document.activeElement.closest("main") !== null));
	await context.close();
});

test("the report on paper, and without its style, has the same order", { timeout: 60_000 },
     async () => {
	const { page, context, faults } = await open(here.browser);
	await page.goto(here.world.report("report.html"));
	const headings = await page.locator("h2").allInnerTexts();
	await page.emulateMedia({ media: "print" });
	await shoot(page, "report-print");
	assert.deepEqual(await page.locator("h2").allInnerTexts(), headings);
	await page.emulateMedia({ media: "screen", forcedColors: "active" });
	await shoot(page, "report-forced-colours");
	assert.deepEqual(await audit(page), []);
	assert.deepEqual(faults, []);
	await context.close();
});
