autocmd BufRead,BufNewFile *.graph setfiletype gradc
