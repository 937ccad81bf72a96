/* Sections that changed come as HTML: what stands there is made alike, node by node, so that
   what is open, focused, scrolled or typed stays. */
"use strict";
(() => {
	const kept = { DETAILS: ["open"], DIALOG: ["open"], INPUT: ["value", "checked"],
		       TEXTAREA: [], OPTION: ["selected"] };

	const key = node => node.nodeType === 1 ? node.id || node.getAttribute("data-key") : "";

	function attributes(now, next) {
		const keep = kept[now.nodeName] || [];
		for (const { name } of [...now.attributes])
			if (!next.hasAttribute(name) && !keep.includes(name))
				now.removeAttribute(name);
		for (const { name, value } of next.attributes)
			if (now.getAttribute(name) !== value && !keep.includes(name))
				now.setAttribute(name, value);
	}

	function find(from, next) {
		const wanted = key(next);
		for (let at = from; at; at = at.nextSibling)
			if (at.nodeName === next.nodeName && (key(at) || "") === (wanted || ""))
				return at;
			else if (!wanted && key(at) === "" && at.nodeName !== next.nodeName)
				return null;
		return null;
	}

	function morph(now, next) {
		if (now.nodeType !== 1) {
			if (now.data !== next.data)
				now.data = next.data;
			return;
		}
		attributes(now, next);
		let at = now.firstChild;
		for (const child of [...next.childNodes]) {
			const same = find(at, child);
			if (!same) {
				now.insertBefore(child, at);
				continue;
			}
			while (at !== same) {
				const gone = at;
				at = at.nextSibling;
				gone.remove();
			}
			at = same.nextSibling;
			morph(same, child);
		}
		while (at) {
			const gone = at;
			at = at.nextSibling;
			gone.remove();
		}
	}

	/* Text that is being selected stays until the next change. */
	function isSelecting(section) {
		const selection = document.getSelection();
		return selection && !selection.isCollapsed && selection.containsNode(section, true);
	}

	const said = document.getElementById("said");
	let saidTimer = 0;

	/* It covers what is below it: it goes when it can have been read. */
	function say(words) {
		said.textContent = words;
		clearTimeout(saidTimer);
		saidTimer = setTimeout(() => { said.textContent = ""; }, 6000);
	}

	const late = new Map();

	function show(html) {
		const holder = document.createElement("template");
		holder.innerHTML = html;
		const next = holder.content.firstElementChild;
		const now = next && document.getElementById(next.id);
		if (!now)
			return;
		late.delete(next.id);
		if (isSelecting(now))
			late.set(next.id, html);
		else
			morph(now, next);
	}

	document.addEventListener("selectionchange", () => {
		for (const html of [...late.values()])
			show(html);
	});

	if (document.body.dataset.seen) {
		listen();
	}

	/* A browser comes again by itself, but not to who has refused it: too many looked. */
	function listen() {
		const events = new EventSource("/events?since=" + document.body.dataset.seen);
		events.addEventListener("section", event => show(event.data));
		events.addEventListener("title", event => {
			const holder = document.createElement("textarea");
			holder.innerHTML = event.data;
			document.title = holder.value;
		});
		events.addEventListener("end", () => events.close());
		events.addEventListener("error", () => {
			say("The page's server does not answer: what stands here is of before.");
			if (events.readyState === EventSource.CLOSED)
				setTimeout(listen, 10000);
		});
	}

	document.addEventListener("submit", async event => {
		const form = event.target;
		if (form.method !== "post")
			return;
		event.preventDefault();
		try {
			const answer = await fetch(form.action, {
				method: "POST",
				headers: { Accept: "text/plain" },
				body: new URLSearchParams(new FormData(form)),
			});
			say(await answer.text());
		} catch {
			say("The page's server does not answer.");
		}
	});
})();
