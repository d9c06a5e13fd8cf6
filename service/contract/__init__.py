"""What views take and give: declared once, held to, and described at /openapi.json."""
