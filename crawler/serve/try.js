/* As somebody types, what is typed is tried: one wish at a time, and the next says what was typed
   by then, so that no answer comes behind a newer one. */
"use strict";
(() => {
	const form = document.getElementById("try");
	const pattern = document.getElementById("pattern");
	const copy = document.getElementById("copy");
	let timer = 0, isBusy = false, isStale = false;

	function show(html) {
		const now = document.getElementById("result");
		const holder = document.createElement("template");
		holder.innerHTML = html;
		const next = holder.content.querySelector("#result");
		const scrolled = now.querySelector("pre.text")?.scrollTop || 0;
		if (!next)
			return say(html);
		now.replaceWith(next);
		const text = next.querySelector("pre.text"), first = next.querySelector("mark");
		if (text && scrolled)
			text.scrollTop = scrolled;
		else if (text && first)
			text.scrollTop = first.offsetTop - text.offsetTop - 40;
	}

	function say(words) {
		const line = document.createElement("p");
		line.setAttribute("role", "status");
		line.textContent = words;
		document.getElementById("result").replaceChildren(line);
	}

	async function run() {
		isStale = isBusy;
		if (isBusy)
			return;
		isBusy = true;
		document.getElementById("result").setAttribute("aria-busy", "true");
		const body = new URLSearchParams(new FormData(form));
		body.set("part", "1");
		try {
			const answer = await fetch(form.action, { method: "POST", body });
			const isHtml = /^text\/html/.test(answer.headers.get("Content-Type"));
			(isHtml ? show : say)(await answer.text());
		} catch {
			say("The page's server does not answer, or the page is larger than 64 KiB.");
		}
		document.getElementById("result").removeAttribute("aria-busy");
		isBusy = false;
		if (isStale)
			run();
	}

	form.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(run, 300);
	});
	form.addEventListener("submit", event => {
		if (event.submitter?.name === "use")
			return; /* the page comes anew, with that pattern */
		event.preventDefault();
		clearTimeout(timer);
		run();
	});
	copy.hidden = !navigator.clipboard;
	copy.addEventListener("click", async () => {
		await navigator.clipboard.writeText(pattern.value);
		copy.textContent = "Copied";
		setTimeout(() => { copy.textContent = "Copy the YAML"; }, 2000);
	});
	if (pattern.value.trim())
		run();
})();
