# The clone stub, x86_64: long stub(struct *), called on a thread of the JVM.
# The child shares the JVM's memory until execveat (CLONE_VM, CLONE_VFORK) and so touches no stack, and
# writes to the structure alone. Its bytes stand in MachineCode.java; MachineCodeTest compares.
#
#   0 clone_args    8 their size      16 image descriptor   24 ""     32 argv   40 envp
#  48 signal mask  56 descriptors that stay open over execveat        64 how many
#  72 out: errno of execveat
#
# Returns the child's pid, or a negated errno of clone3.
        .intel_syntax noprefix
        .globl _start
_start: mov     r8, rdi
        mov     rdi, [r8]
        mov     rsi, [r8 + 8]
        mov     eax, 435                # clone3
        syscall
        test    rax, rax
        jz      child
        ret
child:  mov     edi, 2                  # SIG_SETMASK
        mov     rsi, [r8 + 48]
        xor     edx, edx
        mov     r10d, 8
        mov     eax, 14                 # rt_sigprocmask
        syscall
        mov     r12, [r8 + 56]
        mov     r13, [r8 + 64]
keep:   test    r13, r13
        jz      image
        mov     rdi, [r12]
        mov     esi, 2                  # F_SETFD, without FD_CLOEXEC
        xor     edx, edx
        mov     eax, 72                 # fcntl
        syscall
        add     r12, 8
        dec     r13
        jmp     keep
image:  mov     r14, r8
        mov     rdi, [r14 + 16]
        mov     rsi, [r14 + 24]
        mov     rdx, [r14 + 32]
        mov     r10, [r14 + 40]
        mov     r8d, 0x1000             # AT_EMPTY_PATH
        mov     eax, 322                # execveat
        syscall
        neg     rax
        mov     [r14 + 72], rax
        mov     edi, 127
        mov     eax, 231                # exit_group
        syscall
        hlt
