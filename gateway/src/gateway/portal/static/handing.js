// A file of evidence goes to the hub as soon as it is chosen; the form then names it by its digest.
// Without this module a link can be given as evidence.

const file = document.getElementById("handed-file");

file?.addEventListener("change", async () => {
  const form = file.form;
  const told = document.getElementById("handed-told");
  const button = form.querySelector("button");
  const [chosen] = file.files;
  form.evidence.value = form.evidence_name.value = "";
  if (!chosen) return;
  told.textContent = form.dataset.sending;
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.evidence, {
      method: "POST",
      body: chosen,
      headers: { "Accept-Language": document.documentElement.lang },
    });
    const said = await answer.json();
    if (answer.ok) {
      form.evidence.value = said.digest;
      form.evidence_name.value = chosen.name;
    }
    told.textContent = answer.ok ? form.dataset.sent : said.detail;
  } catch (error) {
    told.textContent = String(error);
  } finally {
    button.disabled = false;
  }
});
