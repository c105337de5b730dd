"use strict";

// The desk's page is made by the server, which also sends each part of it that has changed. This script puts them in
// place, and sends forms without loading the page anew. Without it the page loads itself again and again.
const policy = window.trustedTypes?.createPolicy("desk", { createHTML: html => html }) ?? { createHTML: html => html };
const away = document.getElementById("away");
const phones = document.getElementById("phones");

// morph makes an element what another one is. It keeps the nodes that stay, and so the focus, what is typed and open,
// and what a screen reader has said.
function morph(now, next) {
	if (now.isEqualNode(next)) return;
	if (now.nodeType !== next.nodeType || now.nodeName !== next.nodeName || now.id !== next.id) {
		now.replaceWith(next);
		return;
	}
	if (now.nodeType !== Node.ELEMENT_NODE) {
		now.nodeValue = next.nodeValue;
		return;
	}
	const kept = now.nodeName === "DETAILS" ? "open" : "";
	for (const { name } of Array.from(now.attributes)) {
		if (name !== kept && !next.hasAttribute(name)) now.removeAttribute(name);
	}
	for (const { name, value } of Array.from(next.attributes)) {
		if (now.getAttribute(name) !== value) now.setAttribute(name, value);
	}
	const named = new Map(Array.from(now.children).filter(e => e.id).map(e => [e.id, e]));
	let at = now.firstChild;
	for (const child of Array.from(next.childNodes)) {
		const same = child.id ? named.get(child.id) : at && !at.id && at.nodeName === child.nodeName ? at : null;
		if (!same) {
			now.insertBefore(child, at);
		} else {
			if (same === at) at = at.nextSibling;
			else now.insertBefore(same, at);
			morph(same, child);
		}
	}
	while (at) {
		const gone = at;
		at = at.nextSibling;
		gone.remove();
	}
}

// show puts parts of the page, or a whole one, in place.
function show(html) {
	const focused = document.activeElement?.closest(".phone");
	const part = new DOMParser().parseFromString(policy.createHTML(html), "text/html");
	const whole = part.getElementById("desk");
	for (const next of whole ? [whole] : Array.from(part.body.children)) {
		const now = document.getElementById(next.id);
		if (now) morph(now, next);
		else phones.append(next);
	}
	document.title = document.getElementById("head").dataset.title;
	for (const lines of document.querySelectorAll(".alive .lines")) lines.scrollTop = lines.scrollHeight;
	if (focused?.isConnected && document.activeElement === document.body) focused.focus({ preventScroll: true });
}

let stream;
function listen() {
	stream?.close();
	stream = null;
	if (document.hidden) return;
	stream = new EventSource("sim/desk/events");
	stream.onmessage = e => {
		away.hidden = true;
		show(e.data);
	};
	stream.onerror = () => {
		away.hidden = false;
		if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
	};
}
document.addEventListener("visibilitychange", listen);
listen();

document.addEventListener("submit", async e => {
	if (e.target.dataset.reload !== undefined) return;
	e.preventDefault();
	try {
		const answer = await fetch(e.target.action, {
			method: "POST", body: new URLSearchParams(new FormData(e.target, e.submitter)),
		});
		show(await answer.text());
	} catch {
		away.hidden = false;
	}
});

// Keys of the keyboard go to the phone that has the focus, or to the only one that is on the line.
document.addEventListener("keydown", e => {
	if (e.ctrlKey || e.altKey || e.metaKey || !/^[0-9*#]$/.test(e.key) || e.target.closest("input")) return;
	const pads = e.target.closest(".phone")?.querySelectorAll(".keypad") ?? document.querySelectorAll(".keypad");
	if (pads.length === 1) pads[0].querySelector(`[value="${e.key}"]`).click();
});
