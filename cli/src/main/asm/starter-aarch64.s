// The starter, aarch64. starter-x86_64.s describes it, its exchange with the resident client and its data segment.
//
// x19 DATA, x20 number of arguments, x21 arguments, x22 environment, x23 where the installation's directory ends in
// PATH, x24 socket
        .set BASE, 0x400000
        .set DATA, 0x420000

        .set ATTEMPT, 0x90
        .set SAVED, 0xa8
        .set TIME, 0xb0
        .set STAT, 0x100
        .set ADDRESS, 0x1a0
        .set MESSAGE, 0x220
        .set VECTORS, 0x260
        .set HEAD, 0x280
        .set CONTROL, 0x2a0
        .set FRAME, 0x2c0
        .set POLL, 0x2c8
        .set SIGSET, 0x2d8
        .set SIGACTION, 0x2e0
        .set TERMIOS, 0x300
        .set PEER, 0x340
        .set LENGTH, 0x34c
        .set PIPE, 0x350
        .set ARGUMENTS, 0x360
        .set SIGINFO, 0x380
        .set PATH, 0x400
        .set TEXT, 0x2000
        .set TEXT_SIZE, 0x4000
        .set DATA_SIZE, TEXT + TEXT_SIZE
        .set PATH_MAX, 4096

        .set AT_FDCWD, -100
        .set O_CLOEXEC, 0x80000
        .set O_RDWR, 2
        .set AT_SYMLINK_NOFOLLOW, 0x100
        .set ST_MODE, 16
        .set ST_UID, 24
        .set HASH, 16                   // instead of st_mode and st_nlink
        .set S_IFDIR_0700, 0x41c0
        .set MSG_NOSIGNAL, 0x4000

image:  .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2, 183                  // ET_EXEC, EM_AARCH64
        .long   1
        .quad   BASE + _start - image, 64, 0
        .long   0
        .short  64, 56, 3, 64, 0, 0
        .long   1, 5                    // PT_LOAD, read and execute
        .quad   0, BASE, BASE, end - image, end - image, 0x10000
        .long   1, 6                    // PT_LOAD, read and write
        .quad   0, DATA, DATA, 64, DATA_SIZE, 0x10000
        .long   0x6474e551, 6           // PT_GNU_STACK, not executable
        .quad   0, 0, 0, 0, 0, 16

        .globl  _start
_start: ldr     x20, [sp]
        add     x21, sp, #8
        add     x22, x21, x20, lsl #3
        add     x22, x22, #8
        mov     x19, #DATA

        // The installation's directory: this program's path without /bin/jukung.
        mov     x0, #AT_FDCWD
        adr     x1, exe
        add     x2, x19, #PATH
        mov     x3, #PATH_MAX
        mov     x8, #78                 // readlinkat
        svc     #0
        cmp     x0, #11
        b.le    broken
        add     x23, x19, #PATH - 11
        add     x23, x23, x0

        // Two texts are printed from files, without any JVM: the version, and the help unless it is for a terminal,
        // for which the client lays it out.
        cbz     x20, plain
        cmp     x20, #1
        b.eq    help
        cmp     x20, #2
        b.ne    who
        ldr     x0, [x21, #8]
        adr     x1, version_long
        bl      equal
        b.eq    version
        adr     x1, version_short
        bl      equal
        b.eq    version
        adr     x1, help_long
        bl      equal
        b.eq    help
        adr     x1, help_short
        bl      equal
        b.ne    who
help:   mov     x0, #1
        mov     x1, #0x5413             // TIOCGWINSZ
        add     x2, x19, #STAT
        mov     x8, #29                 // ioctl
        svc     #0
        cbz     x0, who
        adr     x1, help_file
        b       print
version:
        adr     x1, version_file
print:  bl      append
        mov     x0, #AT_FDCWD
        add     x1, x19, #PATH
        mov     x2, #O_CLOEXEC
        mov     x8, #56                 // openat
        svc     #0
        tbnz    x0, #63, who
        mov     x24, x0
1:      mov     x0, x24
        add     x1, x19, #TEXT
        mov     x2, #TEXT_SIZE
        mov     x8, #63                 // read
        svc     #0
        cbz     x0, leave
        tbnz    x0, #63, failed
        add     x9, x19, #TEXT
        mov     x10, x0
2:      mov     x0, #1
        mov     x1, x9
        mov     x2, x10
        mov     x8, #64                 // write
        svc     #0
        tbnz    x0, #63, failed
        add     x9, x9, x0
        subs    x10, x10, x0
        b.ne    2b
        b       1b

        // Only root has a resident client, and JUKUNG_CLIENT_SERVER=off switches it off.
who:    mov     x8, #174                // getuid
        svc     #0
        cbnz    w0, plain
        mov     x8, #175                // geteuid
        svc     #0
        cbnz    w0, plain
        mov     x9, x22
1:      ldr     x0, [x9], #8
        cbz     x0, 2f
        adr     x1, off
        bl      equal
        b.eq    plain
        b       1b

        // Commands that are processes of their own: a word that is no option and no option's value.
2:      add     x9, x21, #8
        mov     x10, #0                 // 1: the word before was an option
1:      ldr     x0, [x9], #8
        cbz     x0, 3f
        ldrb    w11, [x0]
        cmp     w11, #'-'
        b.ne    2f
        mov     x10, #1
        b       1b
2:      adr     x1, serve
        bl      equal
        b.eq    plain
        adr     x1, config
        bl      equal
        b.eq    plain
        adr     x1, doctor
        bl      equal
        b.eq    plain
        cbz     x10, 3f
        mov     x10, #0
        b       1b

        // The arguments and the environment lie side by side in memory (execve(2)).
3:      sub     x9, x20, #1
        ldr     x0, [x21, x9, lsl #3]
        mov     x9, x22
1:      ldr     x10, [x9], #8
        cbz     x10, 2f
        mov     x0, x10
        b       1b
2:      ldrb    w10, [x0], #1
        cbnz    w10, 2b
        ldr     x9, [x21]
        sub     x0, x0, x9
        str     x9, [x19, #VECTORS + 16]
        str     x0, [x19, #VECTORS + 24]
        str     x0, [x19, #HEAD + 16]
        str     x20, [x19, #HEAD + 8]
        adr     x9, magic
        ldr     x9, [x9]
        str     x9, [x19, #HEAD]
        add     x9, x19, #HEAD
        str     x9, [x19, #VECTORS]
        mov     x9, #24
        str     x9, [x19, #VECTORS + 8]

        // The socket's name tells one installation from another by the device, the inode and the change time of this
        // program. It also has a hash of this process's cgroup (FNV-1a): a resident client ends with the session or the
        // service that has started it, and must not take the commands of others with it.
        mov     x0, #AT_FDCWD
        adr     x1, exe
        add     x2, x19, #STAT
        mov     x3, #0
        mov     x8, #79                 // newfstatat
        svc     #0
        cbnz    x0, plain
        mov     x0, #AT_FDCWD
        adr     x1, cgroup
        mov     x2, #O_CLOEXEC
        mov     x8, #56                 // openat
        svc     #0
        tbnz    x0, #63, plain
        add     x1, x19, #TEXT
        mov     x2, #TEXT_SIZE
        mov     x8, #63                 // read
        svc     #0
        cmp     x0, #0
        b.le    plain
        add     x1, x19, #TEXT
        ldr     x9, fnv_basis
        ldr     x10, fnv_prime
1:      ldrb    w11, [x1], #1
        eor     x9, x9, x11
        mul     x9, x9, x10
        subs    x0, x0, #1
        b.ne    1b
        str     x9, [x19, #STAT + HASH]
        mov     w9, #1
        strh    w9, [x19, #ADDRESS]
        add     x0, x19, #ADDRESS + 2
        adr     x1, directory
        bl      copy
        mov     w9, #'/'
        strb    w9, [x0, #-1]
        adr     x9, fields
        mov     x10, #5
1:      ldrb    w11, [x9], #1
        add     x11, x11, x19
        ldr     x11, [x11, #STAT]
        mov     x12, #16
2:      ror     x11, x11, #60
        and     x13, x11, #15
        add     x13, x13, #'0'
        cmp     x13, #'9'
        b.ls    3f
        add     x13, x13, #'a' - '9' - 1
3:      strb    w13, [x0], #1
        subs    x12, x12, #1
        b.ne    2b
        subs    x10, x10, #1
        b.ne    1b

        // Nobody but root can have made a socket in a directory that is root's and that nobody else may write to.
try:    mov     x0, #AT_FDCWD
        adr     x1, directory
        add     x2, x19, #STAT
        mov     x3, #AT_SYMLINK_NOFOLLOW
        mov     x8, #79                 // newfstatat
        svc     #0
        cmn     x0, #2                  // ENOENT
        b.eq    spawn
        cbnz    x0, plain
        ldr     w9, [x19, #STAT + ST_MODE]
        mov     w10, #S_IFDIR_0700
        cmp     w9, w10
        b.ne    plain
        ldr     w9, [x19, #STAT + ST_UID]
        cbnz    w9, plain
        mov     x0, #1                  // AF_UNIX
        mov     x1, #1                  // SOCK_STREAM
        orr     x1, x1, #O_CLOEXEC
        mov     x2, #0
        mov     x8, #198                // socket
        svc     #0
        tbnz    x0, #63, plain
        mov     x24, x0
        mov     x9, #2
        stp     x9, xzr, [x19, #TIME]
        mov     x1, #1                  // SOL_SOCKET
        mov     x2, #21                 // SO_SNDTIMEO
        add     x3, x19, #TIME
        mov     x4, #16
        mov     x8, #208                // setsockopt
        svc     #0
        mov     x0, x24
        add     x1, x19, #ADDRESS
        mov     x2, #110
        mov     x8, #203                // connect
        svc     #0
        cmn     x0, #2                  // ENOENT
        b.eq    spawn
        cmn     x0, #111                // ECONNREFUSED
        b.eq    spawn
        cbnz    x0, plain
        mov     w9, #12
        str     w9, [x19, #LENGTH]
        mov     x0, x24
        mov     x1, #1
        mov     x2, #17                 // SO_PEERCRED
        add     x3, x19, #PEER
        add     x4, x19, #LENGTH
        mov     x8, #209                // getsockopt
        svc     #0
        cbnz    x0, plain
        ldr     w9, [x19, #PEER + 4]
        cbnz    w9, plain
        bl      answer
        b.ne    plain
        ldrb    w9, [x19, #FRAME]
        cmp     w9, #'H'
        b.ne    plain

        // The request.
        mov     x0, #AT_FDCWD
        adr     x1, here
        mov     x2, #0x4000             // O_DIRECTORY
        movk    x2, #0x28, lsl #16      // O_PATH, O_CLOEXEC
        mov     x8, #56                 // openat
        svc     #0
        tbnz    x0, #63, plain
        mov     x9, #32
        str     x9, [x19, #CONTROL]
        str     x9, [x19, #MESSAGE + 40]
        mov     w9, #1
        str     w9, [x19, #CONTROL + 8]                      // SOL_SOCKET, and SCM_RIGHTS
        str     w9, [x19, #CONTROL + 12]
        str     wzr, [x19, #CONTROL + 16]
        str     w9, [x19, #CONTROL + 20]
        mov     w9, #2
        str     w9, [x19, #CONTROL + 24]
        str     w0, [x19, #CONTROL + 28]
        add     x9, x19, #VECTORS
        str     x9, [x19, #MESSAGE + 16]
        mov     x9, #2
        str     x9, [x19, #MESSAGE + 24]
        add     x9, x19, #CONTROL
        str     x9, [x19, #MESSAGE + 32]
        mov     x0, x24
        add     x1, x19, #MESSAGE
        mov     x2, #MSG_NOSIGNAL
        mov     x8, #211                // sendmsg
        svc     #0
        ldr     x9, [x19, #HEAD + 16]
        add     x9, x9, #24
        cmp     x0, x9
        b.ne    plain
        bl      answer
        b.ne    plain
        ldrb    w9, [x19, #FRAME]
        cmp     w9, #'A'
        b.ne    plain

        // Accepted. A signal that this process ignores (nohup(1)) stays ignored.
        adr     x9, forwarded
1:      ldrb    w10, [x9], #1
        cbz     w10, 2f
        mov     x0, x10
        mov     x1, #0
        add     x2, x19, #SIGACTION
        mov     x3, #8
        mov     x8, #134                // rt_sigaction
        svc     #0
        ldr     x11, [x19, #SIGACTION]
        cmp     x11, #1                 // SIG_IGN
        b.eq    1b
        sub     w10, w10, #1
        mov     x11, #1
        lsl     x11, x11, x10
        ldr     x12, [x19, #SIGSET]
        orr     x12, x12, x11
        str     x12, [x19, #SIGSET]
        b       1b
2:      mov     x0, #0                  // SIG_BLOCK
        bl      mask
        mov     x0, #-1
        add     x1, x19, #SIGSET
        mov     x2, #8
        mov     x3, #O_CLOEXEC
        mov     x8, #74                 // signalfd4
        svc     #0
        tbnz    x0, #63, unmask
        mov     w9, #1                  // POLLIN
        str     w0, [x19, #POLL + 8]
        str     w9, [x19, #POLL + 12]
        mov     x0, #0
        mov     x1, #0x5401             // TCGETS
        add     x2, x19, #TERMIOS
        mov     x8, #29                 // ioctl
        svc     #0
        cmp     x0, #0
        cset    w9, eq
        strb    w9, [x19, #SAVED]
        mov     w9, #'G'
        strh    w9, [x19, #FRAME]
        bl      send
        b.ne    unmask

        // Passes signals on until the command has ended.
forward:
        add     x0, x19, #POLL
        mov     x1, #2
        mov     x2, #0
        mov     x3, #0
        mov     x8, #73                 // ppoll
        svc     #0
        tbnz    x0, #63, forward
        ldrh    w9, [x19, #POLL + 14]
        cbz     w9, 1f
        ldr     w0, [x19, #POLL + 8]
        add     x1, x19, #SIGINFO
        mov     x2, #128
        mov     x8, #63                 // read
        svc     #0
        cmp     x0, #128
        b.ne    1f
        mov     w9, #'s'
        strb    w9, [x19, #FRAME]
        ldrb    w9, [x19, #SIGINFO]
        strb    w9, [x19, #FRAME + 1]
        bl      send
        ldrb    w9, [x19, #SIGINFO]
        cmp     w9, #20                 // SIGTSTP
        b.ne    1f
        mov     x8, #172                // getpid
        svc     #0
        mov     x1, #19                 // SIGSTOP
        mov     x8, #129                // kill
        svc     #0
1:      ldrh    w9, [x19, #POLL + 6]
        cbz     w9, forward
        bl      receive
        b.ne    lost
        ldrb    w9, [x19, #FRAME]
        cmp     w9, #'X'
        b.ne    lost
        ldrb    w0, [x19, #FRAME + 1]
        b       leave

        // The resident client is gone. It may have left the terminal in raw mode.
lost:   ldrb    w9, [x19, #SAVED]
        cbz     w9, 1f
        mov     x0, #0
        mov     x1, #0x5402             // TCSETS
        add     x2, x19, #TERMIOS
        mov     x8, #29                 // ioctl
        svc     #0
1:      adr     x1, lost_text
        mov     x2, #lost_end - lost_text
        b       complain

        // Starts a resident client, once, and waits until it listens.
spawn:  ldrb    w9, [x19, #ATTEMPT]
        cbnz    w9, plain
        mov     w9, #1
        strb    w9, [x19, #ATTEMPT]
        add     x0, x19, #PIPE
        mov     x1, #O_CLOEXEC
        mov     x8, #59                 // pipe2
        svc     #0
        tbnz    x0, #63, plain
        adr     x1, resident
        bl      append
        mov     x0, #17                 // SIGCHLD
        mov     x1, #0
        mov     x2, #0
        mov     x3, #0
        mov     x4, #0
        mov     x8, #220                // clone
        svc     #0
        tbnz    x0, #63, plain
        cbz     x0, child
        ldr     w0, [x19, #PIPE + 4]
        mov     x8, #57                 // close
        svc     #0
        ldr     w9, [x19, #PIPE]
        mov     w10, #1                 // POLLIN
        str     w9, [x19, #POLL]
        str     w10, [x19, #POLL + 4]
        mov     x9, #10
        stp     x9, xzr, [x19, #TIME]
        bl      wait
        ldr     w0, [x19, #PIPE]
        mov     x8, #57                 // close
        svc     #0
        b       try

        // The resident client has a session of its own, and nothing of its first caller: only the pipe, as 3.
child:  mov     x8, #157                // setsid
        svc     #0
        ldr     w0, [x19, #PIPE + 4]
        mov     x1, #3
        mov     x2, #0
        mov     x8, #24                 // dup3; refuses 3 itself, rightly
        svc     #0
        mov     x0, #3
        mov     x1, #2                  // F_SETFD
        mov     x2, #0
        mov     x8, #25                 // fcntl
        svc     #0
        mov     x0, #4
        mov     w1, #-1
        mov     x2, #0
        mov     x8, #436                // close_range
        svc     #0
        mov     x0, #0
        mov     x1, #2
        svc     #0
        mov     x9, #3
1:      mov     x0, #AT_FDCWD
        adr     x1, null
        mov     x2, #O_RDWR
        mov     x8, #56                 // openat
        svc     #0
        subs    x9, x9, #1
        b.ne    1b
        adr     x0, root
        mov     x8, #49                 // chdir
        svc     #0
        adr     x9, name
        str     x9, [x19, #ARGUMENTS]
        add     x9, x19, #ADDRESS + 2
        str     x9, [x19, #ARGUMENTS + 8]
        str     xzr, [x19, #ARGUMENTS + 16]
        add     x0, x19, #PATH
        add     x1, x19, #ARGUMENTS
        adr     x2, variables
        mov     x8, #221                // execve
        svc     #0
        b       failed

        // Runs the command in a JVM of its own.
unmask: mov     x0, #1                  // SIG_UNBLOCK
        bl      mask
plain:  adr     x1, launcher
        bl      append
        add     x0, x19, #PATH
        mov     x1, x21
        mov     x2, x22
        mov     x8, #221                // execve
        svc     #0
broken: adr     x1, broken_text
        mov     x2, #broken_end - broken_text
complain:
        mov     x0, #2
        mov     x8, #64                 // write
        svc     #0
failed: mov     x0, #1
leave:  mov     x8, #94                 // exit_group
        svc     #0
        brk     #0

        // Compares the strings x0 and x1. The zero flag says whether they are equal. Changes x1 and x11 to x13.
equal:  mov     x11, #0
1:      ldrb    w12, [x0, x11]
        ldrb    w13, [x1, x11]
        cmp     w12, w13
        b.ne    2f
        add     x11, x11, #1
        cbnz    w12, 1b
2:      ret

        // Puts the string x1 after the installation's directory in PATH.
append: mov     x0, x23
copy:   ldrb    w11, [x1], #1
        strb    w11, [x0], #1
        cbnz    w11, copy
        ret

        // Waits for the descriptor of POLL, at most TIME.
wait:   add     x0, x19, #POLL
        mov     x1, #1
        add     x2, x19, #TIME
        mov     x3, #0
        mov     x8, #73                 // ppoll
        svc     #0
        ret

        // Waits three seconds for a message, and receives it as `receive` does.
answer: mov     x14, lr
        mov     w9, #1                  // POLLIN
        str     w24, [x19, #POLL]
        str     w9, [x19, #POLL + 4]
        mov     x9, #3
        stp     x9, xzr, [x19, #TIME]
        bl      wait
        mov     lr, x14
        cmp     x0, #1
        b.eq    receive
        ret

        // Receives a message of two bytes into FRAME. The zero flag says whether there was one.
receive:
        mov     x0, x24
        add     x1, x19, #FRAME
        mov     x2, #2
        mov     x3, #0
        mov     x4, #0
        mov     x5, #0
        mov     x8, #207                // recvfrom
        svc     #0
        cmp     x0, #2
        ret

        // Sends the message of two bytes in FRAME. The zero flag says whether it was sent.
send:   mov     x0, x24
        add     x1, x19, #FRAME
        mov     x2, #2
        mov     x3, #MSG_NOSIGNAL
        mov     x4, #0
        mov     x5, #0
        mov     x8, #206                // sendto
        svc     #0
        cmp     x0, #2
        ret

        // Blocks or unblocks the signals of SIGSET.
mask:   add     x1, x19, #SIGSET
        mov     x2, #0
        mov     x3, #8
        mov     x8, #135                // rt_sigprocmask
        svc     #0
        ret

        .balign 8
magic:  .ascii  "jukung\0\1"
variables:
        .quad   BASE + path - image, BASE + locale - image, 0
fnv_basis:
        .quad   0xcbf29ce484222325
fnv_prime:
        .quad   0x100000001b3
fields: .byte   0, 8, 104, 112, HASH    // st_dev, st_ino, st_ctim
forwarded:
        .byte   1, 2, 3, 15, 18, 20, 0  // SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT, SIGTSTP
exe:    .asciz  "/proc/self/exe"
cgroup: .asciz  "/proc/self/cgroup"
directory:
        .asciz  "/run/jukung-client"
here:   .asciz  "."
root:   .asciz  "/"
null:   .asciz  "/dev/null"
name:   .asciz  "jukung"
resident:
        .asciz  "/lib/client/resident"
path:   .asciz  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
locale: .asciz  "LC_ALL=C.UTF-8"
off:    .asciz  "JUKUNG_CLIENT_SERVER=off"
serve:  .asciz  "serve"
config: .asciz  "config"
doctor: .asciz  "doctor"
version_long:
        .asciz  "--version"
version_short:
        .asciz  "-V"
help_long:
        .asciz  "--help"
help_short:
        .asciz  "-h"
launcher:
        .asciz  "/lib/launcher"
version_file:
        .asciz  "/lib/client/version"
help_file:
        .asciz  "/lib/client/help"
broken_text:
        .ascii  "jukung: this installation's lib/launcher cannot be executed\n"
broken_end:
lost_text:
        .ascii  "jukung: the resident client ended while it ran this command, and what the command has done is not"
        .ascii  " known (JUKUNG_CLIENT_SERVER=off runs commands without a resident client)\n"
lost_end:
end:
