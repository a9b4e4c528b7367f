# The program interpreter, x86_64: runs the steps that stand in the data segment, one system call each.
# Its bytes stand in MachineCode.java; MachineCodeTest assembles this file and compares.
#
# Data segment (ProgramImage.java), at DATA:
#     0  64 registers of 8 bytes
#   512  number of steps
#   520  offset of the program's data from DATA
#   528  the steps, 88 bytes each:
#          0 syscall number      8 six arguments     56 six argument kinds, a byte each
#         64 result register, 65 not 0: it is set to -1 instead
#         66 not 0: the call forks, and the child goes on; 1: the parent reports its negated pid and ends;
#            2: the parent becomes the child's init
#         67 how many of the next steps a tolerated error skips
#         72 tolerated errnos  80 expected result, -1 for any
#
# rbx DATA, r12 step, r13 steps left to the end, r14 step index, r15 program data
        .set DATA, 0x411000
        .set ERROR_PIPE, 3 * 8
        .set STEP_SIZE, 88

        .intel_syntax noprefix
        .globl _start
_start: mov     ebx, DATA
        lea     r12, [rbx + 528]
        mov     r13, [rbx + 512]
        mov     r15, [rbx + 520]
        add     r15, rbx
        xor     r14d, r14d
        sub     rsp, 64
        # execve keeps ignored signals ignored, and a JVM ignores some: all go back to their default.
        mov     qword ptr [rsp], 0
        mov     qword ptr [rsp + 8], 0
        mov     qword ptr [rsp + 16], 0
        mov     qword ptr [rsp + 24], 0
        mov     r9d, 64
signal: mov     edi, r9d
        mov     rsi, rsp                # struct sigaction of zeros: SIG_DFL
        xor     edx, edx
        mov     r10d, 8
        mov     eax, 13                 # rt_sigaction; SIGKILL and SIGSTOP refuse, rightly
        syscall
        dec     r9d
        jnz     signal
step:   cmp     r14, r13
        jae     finish
        xor     ecx, ecx
argument:
        mov     rax, [r12 + 8 + rcx * 8]
        movzx   edx, byte ptr [r12 + 56 + rcx]
        cmp     edx, 1
        jne     1f
        mov     rax, [rbx + rax * 8]
        jmp     2f
1:      cmp     edx, 2
        jne     2f
        add     rax, r15
2:      mov     [rsp + rcx * 8], rax
        inc     ecx
        cmp     ecx, 6
        jb      argument
        mov     rdi, [rsp]
        mov     rsi, [rsp + 8]
        mov     rdx, [rsp + 16]
        mov     r10, [rsp + 24]
        mov     r8, [rsp + 32]
        mov     r9, [rsp + 40]
        mov     rax, [r12]
        syscall
        cmp     rax, -4095
        jae     refused
        mov     rcx, [r12 + 80]
        cmp     rcx, -1
        je      store
        cmp     rax, rcx
        je      store
        mov     eax, 71                 # EPROTO: an answer, but not the expected one
        jmp     report
store:  cmp     byte ptr [r12 + 66], 0
        je      4f
        test    rax, rax
        jz      4f
        cmp     byte ptr [r12 + 66], 1
        jne     init
        neg     eax
        jmp     report
4:      movzx   ecx, byte ptr [r12 + 64]
        cmp     ecx, 255
        je      next
        cmp     byte ptr [r12 + 65], 0
        je      3f
        mov     rax, -1                 # the call has closed what the register held
3:      mov     [rbx + rcx * 8], rax
next:   add     r12, STEP_SIZE
        inc     r14
        jmp     step
refused:
        neg     rax
        mov     rcx, [r12 + 72]
tolerated:
        movzx   edx, cl
        test    edx, edx
        jz      report
        cmp     edx, 255
        je      skip
        cmp     edx, eax
        je      skip
        shr     rcx, 8
        jmp     tolerated
skip:   movzx   ecx, byte ptr [r12 + 67]
        add     r14, rcx
        imul    ecx, ecx, STEP_SIZE
        add     r12, rcx
        jmp     next
# The launch program has blocked all signals, so that the kernel keeps each signal until rt_sigtimedwait takes it. For the
# first process of a pid namespace it would discard those with the default action.
init:   mov     r12d, eax               # the child
        mov     edi, [rbx + ERROR_PIPE] # the launch waits for its end; no other descriptor above 2 is open
        mov     eax, 3                  # close, which a container's profile allows rather than close_range
        syscall
        mov     qword ptr [rsp], -1     # every signal
await:  mov     rdi, rsp
        xor     esi, esi
        xor     edx, edx
        mov     r10d, 8
        mov     eax, 128                # rt_sigtimedwait
        syscall
        cmp     rax, -4                 # EINTR: the process was stopped and continued
        je      await
        mov     edi, 127
        cmp     rax, -4095
        jae     leave
        cmp     eax, 17                 # SIGCHLD
        je      reap
        mov     edi, r12d
        mov     esi, eax
        mov     eax, 62                 # kill
        syscall
        jmp     await
reap:   mov     rdi, -1
        lea     rsi, [rsp + 8]
        mov     edx, 1                  # WNOHANG
        xor     r10d, r10d
        mov     eax, 61                 # wait4
        syscall
        test    eax, eax
        jle     await
        cmp     eax, r12d
        jne     reap
        mov     eax, [rsp + 8]
        mov     edi, eax
        shr     edi, 8
        and     edi, 255
        and     eax, 127
        jz      leave
        lea     edi, [rax + 128]
        jmp     leave
report: mov     [rsp], r14d
        mov     [rsp + 4], eax
        mov     edi, [rbx + ERROR_PIPE]
        mov     rsi, rsp
        mov     edx, 8
        mov     eax, 1                  # write
        syscall
        mov     edi, 127
        jmp     leave
finish: xor     edi, edi
leave:  mov     eax, 231                # exit_group
        syscall
        hlt
