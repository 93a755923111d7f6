import Filter from "sap/ui/model/Filter";
import FilterOperator from "sap/ui/model/FilterOperator";

const FIELDS = ["name", "file", "architecture", "quantization"];

/** The models in which a search occurs; an empty one leaves all. */
export function modelFilter(search: string): Filter[] {
    const filters = FIELDS.map((path) => new Filter(path, FilterOperator.Contains, search));
    return search ? [new Filter({ filters, and: false })] : [];
}
