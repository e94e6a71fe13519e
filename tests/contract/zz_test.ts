import "./color_type_contract.ts";
import "./tensor_contract.ts";
