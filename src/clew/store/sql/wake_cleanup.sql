SYSTEM START CLEANUP clew./*table*/
