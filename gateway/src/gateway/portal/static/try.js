// Swagger UI over the merged document; nothing is asked of any other host.
const place = document.getElementById("swagger");
SwaggerUIBundle({
  domNode: place,
  url: place.dataset.source,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  deepLinking: true,
  filter: true,
  validatorUrl: null,
});
