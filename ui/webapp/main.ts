import ComponentContainer from "sap/ui/core/ComponentContainer";

new ComponentContainer({
    name: "nopenai.studio",
    settings: { id: "studio" },
    height: "100%",
    manifest: true,
    async: true,
}).placeAt("content");
