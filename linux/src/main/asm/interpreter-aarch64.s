// The program interpreter, aarch64. The data segment is described in interpreter-x86_64.s.
//
// x19 DATA, x20 step, x21 number of steps, x22 step index, x23 program data
        .set STEP_SIZE, 88

        .globl _start
_start: movz    x19, #0x41, lsl #16
        add     x19, x19, #0x1000
        ldr     x21, [x19, #512]
        ldr     x23, [x19, #520]
        add     x23, x23, x19
        add     x20, x19, #528
        mov     x22, #0
        sub     sp, sp, #64
        stp     xzr, xzr, [sp]          // struct sigaction of zeros: SIG_DFL
        stp     xzr, xzr, [sp, #16]
        mov     x9, #64
signal: mov     x0, x9
        mov     x1, sp
        mov     x2, #0
        mov     x3, #8
        mov     x8, #134                // rt_sigaction; SIGKILL and SIGSTOP refuse, rightly
        svc     #0
        subs    x9, x9, #1
        b.ne    signal
step:   cmp     x22, x21
        b.hs    finish
        mov     x9, #0
argument:
        add     x10, x20, x9, lsl #3
        ldr     x11, [x10, #8]
        add     x10, x20, x9
        ldrb    w12, [x10, #56]
        cmp     w12, #1
        b.ne    1f
        ldr     x11, [x19, x11, lsl #3]
        b       2f
1:      cmp     w12, #2
        b.ne    2f
        add     x11, x11, x23
2:      mov     x10, sp
        str     x11, [x10, x9, lsl #3]
        add     x9, x9, #1
        cmp     x9, #6
        b.lo    argument
        ldp     x0, x1, [sp]
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldr     x8, [x20]
        svc     #0
        cmn     x0, #4095
        b.hs    refused
        ldr     x9, [x20, #80]
        cmn     x9, #1
        b.eq    store
        cmp     x0, x9
        b.eq    store
        mov     x0, #71                 // EPROTO: an answer, but not the expected one
        b       report
store:  ldrb    w9, [x20, #66]
        cbz     w9, 4f
        cbz     x0, 4f
        cmp     w9, #1
        b.ne    init
        neg     w0, w0
        b       report
4:      ldrb    w9, [x20, #64]
        cmp     w9, #255
        b.eq    next
        ldrb    w10, [x20, #65]
        cbz     w10, 3f
        mov     x0, #-1                 // the call has closed what the register held
3:      str     x0, [x19, x9, lsl #3]
next:   add     x20, x20, #STEP_SIZE
        add     x22, x22, #1
        b       step
refused:
        neg     x0, x0
        ldr     x9, [x20, #72]
tolerated:
        and     x10, x9, #255
        cbz     x10, report
        cmp     x10, #255
        b.eq    skip
        cmp     x10, x0
        b.eq    skip
        lsr     x9, x9, #8
        b       tolerated
skip:   ldrb    w9, [x20, #67]
        add     x22, x22, x9
        mov     x10, #STEP_SIZE
        madd    x20, x9, x10, x20
        b       next
// The launch program has blocked all signals, so that the kernel keeps each signal until rt_sigtimedwait takes it. For the
// first process of a pid namespace it would discard those with the default action.
init:   mov     w20, w0                 // the child
        ldr     w0, [x19, #24]          // the launch waits for its end; no other descriptor above 2 is open
        mov     x8, #57                 // close, which a container's profile allows rather than close_range
        svc     #0
        mov     x9, #-1                 // every signal
        str     x9, [sp]
await:  mov     x0, sp
        mov     x1, #0
        mov     x2, #0
        mov     x3, #8
        mov     x8, #137                // rt_sigtimedwait
        svc     #0
        cmn     x0, #4                  // EINTR: the process was stopped and continued
        b.eq    await
        cmn     x0, #4095
        b.hs    broken
        cmp     x0, #17                 // SIGCHLD
        b.eq    reap
        mov     x1, x0
        mov     w0, w20
        mov     x8, #129                // kill
        svc     #0
        b       await
reap:   mov     x0, #-1
        add     x1, sp, #8
        mov     x2, #1                  // WNOHANG
        mov     x3, #0
        mov     x8, #260                // wait4
        svc     #0
        cmp     w0, #0
        b.le    await
        cmp     w0, w20
        b.ne    reap
        ldr     w9, [sp, #8]
        ubfx    w0, w9, #8, #8
        ands    w9, w9, #127
        b.eq    leave
        add     w0, w9, #128
        b       leave
broken: mov     x0, #127
        b       leave
report: str     w22, [sp]
        str     w0, [sp, #4]
        ldr     x0, [x19, #24]          // the error pipe
        mov     x1, sp
        mov     x2, #8
        mov     x8, #64                 // write
        svc     #0
        mov     x0, #127
        b       leave
finish: mov     x0, #0
leave:  mov     x8, #94                 // exit_group
        svc     #0
        brk     #0
