" Graph files of gradc.
if exists('b:current_syntax')
  finish
endif

syntax keyword gradcDeclaration checkpoint config def export freeze import merge optimizer override task tokens train
syntax keyword gradcStatement data fit input label loss metric param predict repeat return show split state
syntax keyword gradcOperator and as else except for from if in not or shared then to
syntax keyword gradcType bool class f32 flags i32 masked number position head text words
syntax keyword gradcConstant true false
syntax match gradcCall /\<\h\w*\ze(/
syntax match gradcNumber /\<\d\+\(\.\d\+\)\?\([eE][+-]\?\d\+\)\?\>/
syntax region gradcString start=/"/ end=/"/ oneline contains=gradcHole
syntax match gradcHole /{\h\w*}/ contained
syntax match gradcComment /#.*$/ contains=@Spell

highlight default link gradcDeclaration Keyword
highlight default link gradcStatement Statement
highlight default link gradcOperator Operator
highlight default link gradcType Type
highlight default link gradcConstant Boolean
highlight default link gradcCall Function
highlight default link gradcNumber Number
highlight default link gradcString String
highlight default link gradcHole Special
highlight default link gradcComment Comment

let b:current_syntax = 'gradc'
