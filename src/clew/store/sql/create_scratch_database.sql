CREATE DATABASE clew_warm_up ENGINE = Atomic
