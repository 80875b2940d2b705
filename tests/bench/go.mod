module gctide.invalid/bench

go 1.19
