import Localization from "sap/base/i18n/Localization";

/** The language of the page for JavaScript's own formats, in the digits that OpenUI5 writes. */
export const LOCALE = `${Localization.getLanguageTag().toString()}-u-nu-latn`;
