import "/work/main/tests/contract/playback_contract.ts";
