SYSTEM START MERGES clew./*table*/
