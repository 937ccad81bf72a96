// The system's chromium, and pages in it that may ask nobody but one origin.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const axeSource = readFileSync(axePath, "utf8");

export async function launch() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
		// Root has no sandbox; the pages are our own, and nothing but loopback is reached.
		chromiumSandbox: process.getuid() !== 0 && process.env.CHROMIUM_SANDBOX !== "0",
		// What the browser asks for by itself goes past route(): no name leads anywhere but to loopback.
		args: ["--host-resolver-rules=MAP rebound.test 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"],
		timeout: 60_000,
	});
}

// A page that notes what it should not have: {page, context, faults}.
//
// Refused are all requests but those of files and of the origins given.  What the console calls an
// error, a broken policy (CSP) and an uncaught exception are faults, too, but for those that
// mayHappen matches.
export async function open(browser, { origins = [], width = 1280, scheme = "light", script = true,
				      mayHappen = null } = {}) {
	const context = await browser.newContext({
		viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: script,
		reducedMotion: "reduce", serviceWorkers: "block" });
	const faults = [];
	const note = text => {
		if (!mayHappen?.test(text))
			faults.push(text);
	};

	context.setDefaultTimeout(30_000);
	await context.route("**", (route, request) => {
		const url = new URL(request.url());
		if (url.protocol === "file:" || url.protocol === "data:" || origins.includes(url.origin))
			return route.continue();
		note(`asked for ${request.url()}`);
		return route.abort();
	});
	const page = await context.newPage();
	page.on("console", message => {
		if (message.type() === "error" || message.type() === "warning")
			note(`${message.type()}: ${message.text()} (${message.location().url})`);
	});
	page.on("pageerror", error => note(`exception: ${error.message}`));
	page.on("crash", () => note("the page crashed"));
	return { page, context, faults };
}

// What axe finds, a line each.
export async function audit(page) {
	if (!await page.evaluate(() => Boolean(window.axe)))
		await page.evaluate(axeSource);
	const found = await page.evaluate(() => window.axe.run(document, {
		resultTypes: ["violations"],
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
	return found.violations.flatMap(violation => violation.nodes.map(node =>
		`${violation.id}: ${node.target.join(" ")}: ${node.any.concat(node.all, node.none)
			.map(check => check.message).join("; ")}`));
}

// What is wider than the window, if it can be scrolled sideways.
export async function sideways(page) {
	return page.evaluate(() => {
		const wide = document.documentElement.scrollWidth;
		if (wide <= window.innerWidth)
			return [];
		return [`${wide} > ${window.innerWidth}`, ...[...document.querySelectorAll("body *")]
			.filter(element => element.getBoundingClientRect().right > window.innerWidth + 1 &&
				!element.closest(".scroll, .hidden"))
			.slice(0, 5).map(element => element.outerHTML.slice(0, 120))];
	});
}

// The first element open or closed as all others.
export async function openAll(page, isOpen) {
	await page.evaluate(isOpen => {
		for (const details of document.querySelectorAll("details"))
			details.open = isOpen;
	}, isOpen);
}
