// What a parser of browser grade (parse5, scripting off) finds in hostile/*.html: run by hand, with
// parse5 in node_modules, and redirect to hostile.tsv.  A line is a page, a kind and a reference.
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "parse5";

const folder = new URL("hostile/", import.meta.url);
const HTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";

const value = (node, name) => node.attrs.find((a) => (a.prefix ? a.prefix + ":" : "") + a.name === name)?.value;
const words = (text) => (text ?? "").toLowerCase().split(/[\s,]+/);

function link(node, inert) {
	const href = value(node, "href");
	if (node.namespaceURI === SVG && node.tagName === "a") return ["a", href ?? value(node, "xlink:href")];
	if (node.namespaceURI !== HTML) return [];
	switch (node.tagName) {
	case "a": return ["a", href ?? value(node, "xlink:href")];
	case "area": return ["area", href];
	case "frame": case "iframe": return [node.tagName, value(node, "src")];
	case "base": return inert ? [] : ["base", href];
	case "link": {
		const rel = words(value(node, "rel"));
		return inert ? [] : rel.includes("canonical") ? ["canonical", href] : rel.includes("next") ? ["next", href] : [];
	}
	}
	return [];
}

function walk(node, inert, out) {
	if (node.tagName) {
		const [kind, reference] = link(node, inert);
		if (reference !== undefined && !(kind === "base" && out.some(([k]) => k === "base"))) out.push([kind, reference]);
	}
	for (const child of node.childNodes ?? []) walk(child, inert, out);
	if (node.content) walk(node.content, true, out);
	return out;
}

for (const name of readdirSync(folder).sort()) {
	const tree = parse(readFileSync(new URL(name, folder), "utf8"), { scriptingEnabled: false });
	for (const [kind, reference] of walk(tree, false, []))
		console.log([name, kind, JSON.stringify(reference).slice(1, -1)].join("\t"));
}
