CREATE DATABASE clew_kept ENGINE = Atomic
