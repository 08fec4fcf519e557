"use strict";
// Filters what is shown. Without it everything is.

// What holds for an element: a state, the number of the target ("0": all) and the rule ("": none).
const marksOf = (element) => element.dataset.is.split(" ").map((mark) => mark.split("/"));
const marked = (selector) =>
  [...document.querySelectorAll(selector)].map((element) => [element, marksOf(element)]);
const inWords = (number) => number.toLocaleString("en");

// Something is fine only if it is so for all targets.
function statesOf(marks) {
  const states = new Set(marks.map(([state]) => state));
  if (states.size > 1) states.delete("fine");
  return states;
}

class Counts extends Map {
  add(names) {
    for (const name of names) this.set(name, (this.get(name) ?? 0) + 1);
  }

  write(name, element) {
    element.textContent = inWords(this.get(name) ?? 0);
  }
}

class Filters {
  constructor(form) {
    this.form = form;
    this.cards = marked(".card");
    this.findings = marked(".finding");
    this.texts = new Map();
    for (const each of form.querySelectorAll("fieldset")) each.disabled = false;
    form.addEventListener("input", () => this.apply());
    form.addEventListener("reset", () => setTimeout(() => this.apply()));
    form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("click", (event) => this.follow(event));
  }

  value(name) {
    return this.form.elements[name]?.value ?? "";
  }

  contains(card, text) {
    if (!this.texts.has(card)) this.texts.set(card, card.textContent.toLowerCase());
    return this.texts.get(card).includes(text);
  }

  apply() {
    const [state, target, rule] = ["state", "target", "rule"].map((name) => this.value(name));
    const text = this.value("text").trim().toLowerCase();
    const ofTarget = (marks) => marks.filter(([, at]) => !target || at === "0" || at === target);
    const inState = (marks) => marks.filter(([each]) => !state || each === state);
    const ofRule = (marks) => marks.filter(([, , each]) => !rule || each === rule);
    const [states, rules] = [new Counts(), new Counts()];
    for (const [card, marks] of this.cards) {
      const found = !text || this.contains(card, text) ? ofTarget(marks) : [];
      const of = statesOf(ofRule(found));
      states.add(of);
      if (of.size) states.add([""]);
      rules.add(new Set(inState(found).map(([, , each]) => each)));
      card.hidden = state ? !of.has(state) : !of.size;
    }
    for (const [finding, marks] of this.findings) {
      finding.hidden = !ofRule(inState(ofTarget(marks))).length;
    }
    for (const each of document.querySelectorAll("[data-for]")) {
      each.hidden = target && !each.dataset.for.split(" ").includes(target);
    }
    this.count(states, rules, state || target || rule || text);
  }

  count(states, rules, isFiltered) {
    const all = new Counts();
    for (const group of document.querySelectorAll(".group")) {
      all.set(group, group.querySelectorAll(".card:not([hidden])").length);
      all.write(group, group.querySelector(".count"));
      group.hidden = !all.get(group);
    }
    for (const each of this.form.querySelectorAll("[name=state]")) {
      states.write(each.value, each.parentElement.querySelector(".count"));
    }
    for (const each of this.form.querySelectorAll("option[value]:not([value=''])")) {
      each.text = `${each.dataset.title} (${inWords(rules.get(each.value) ?? 0)})`;
    }
    for (const entry of document.querySelectorAll(".contents li")) {
      entry.hidden = document.querySelector(entry.querySelector("a").hash).hidden;
    }
    const shown = [...all.values()].reduce((sum, each) => sum + each, 0);
    const words = shown ? `${inWords(shown)} of ${inWords(this.cards.length)} shown` : "Nothing matches.";
    this.form.querySelector(".shown").textContent = isFiltered ? words : "";
    this.form.querySelector("[type=reset]").hidden = !isFiltered;
  }

  // The card that a link leads to is shown, whatever is chosen; the name of a rule chooses it.
  follow(event) {
    const link = event.target.closest("a[href^='#']");
    if (!link) return;
    if (link.dataset.rule && this.form.elements.rule) {
      event.preventDefault();
      this.form.elements.rule.value = link.dataset.rule;
      this.apply();
      this.form.scrollIntoView();
    } else {
      const card = document.querySelector(link.hash);
      card.hidden = card.closest(".group").hidden = false;
    }
  }
}

const form = document.querySelector(".filters");
if (form) new Filters(form);
