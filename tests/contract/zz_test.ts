import "./source_contract.ts";
import "./source_fault_contract.ts";
import "./source_close_contract.ts";
