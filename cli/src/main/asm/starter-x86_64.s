# The starter, x86_64: the program bin/jukung. It hands a command to the resident client and ends with the command's
# exit code. Where there is no resident client, it starts one; where that is not possible or not allowed, it executes
# lib/launcher, which runs the command in a JVM of its own.
#
# This file is the whole executable, with its ELF header. Its bytes stand in StarterCode.java; StarterCodeTest
# assembles this file and compares. io.jukung.cli.resident.ResidentClient describes the other end.
#
# The exchange over the socket:
#   client   'H': it serves callers like this one. Before that nothing is sent, because a message that nobody receives
#            would keep the descriptors beside it open.
#   starter  struct { u64 magic, number of arguments, length }, then length bytes: the arguments and the environment,
#            each string with its zero byte; beside them the descriptors 0, 1, 2 and the working directory
#   client   'A': accepted, or 'R': refused; nothing has been run yet
#   starter  'G': go. A starter that gives up before has run nothing.
#   starter  's', number: a signal, as often as one arrives
#   client   'X', code: the command has ended with this exit code
# Each message but the request has two bytes.
#
# ebx number of arguments, r12 arguments, r13 environment, rbp DATA, r14 where the installation's directory ends in
# PATH, r15 socket
        .set BASE, 0x400000
        .set DATA, 0x420000

        # Places in the data segment. Its first 64 bytes are a copy of the ELF header.
        .set ATTEMPT, 0x90              # 1 after a resident client has been started
        .set SAVED, 0xa8                # 1: TERMIOS has the settings of the terminal
        .set TIME, 0xb0                 # struct timeval or timespec
        .set STAT, 0x100
        .set ADDRESS, 0x1a0             # struct sockaddr_un
        .set MESSAGE, 0x220             # struct msghdr
        .set VECTORS, 0x260             # struct iovec [2]
        .set HEAD, 0x280
        .set CONTROL, 0x2a0             # struct cmsghdr and four descriptors
        .set FRAME, 0x2c0
        .set POLL, 0x2c8                # struct pollfd [2]
        .set SIGSET, 0x2d8
        .set SIGACTION, 0x2e0
        .set TERMIOS, 0x300
        .set PEER, 0x340                # struct ucred
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
        .set O_DIRECTORY, 0x10000
        .set O_PATH, 0x200000
        .set O_RDWR, 2
        .set AT_SYMLINK_NOFOLLOW, 0x100
        .set ST_MODE, 24
        .set ST_UID, 28
        .set HASH, 16                   # instead of st_nlink
        .set S_IFDIR_0700, 0x41c0
        .set MSG_NOSIGNAL, 0x4000

        .intel_syntax noprefix
image:  .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
        .quad   0
        .short  2, 62                   # ET_EXEC, EM_X86_64
        .long   1
        .quad   BASE + _start - image, 64, 0
        .long   0
        .short  64, 56, 3, 64, 0, 0
        .long   1, 5                    # PT_LOAD, read and execute
        .quad   0, BASE, BASE, end - image, end - image, 0x10000
        .long   1, 6                    # PT_LOAD, read and write
        .quad   0, DATA, DATA, 64, DATA_SIZE, 0x10000
        .long   0x6474e551, 6           # PT_GNU_STACK, not executable
        .quad   0, 0, 0, 0, 0, 16

        .globl  _start
_start: mov     rbx, [rsp]
        lea     r12, [rsp + 8]
        lea     r13, [r12 + rbx * 8 + 8]
        mov     ebp, DATA

        # The installation's directory: this program's path without /bin/jukung.
        mov     rdi, AT_FDCWD
        lea     rsi, exe[rip]
        lea     rdx, [rbp + PATH]
        mov     r10d, PATH_MAX
        mov     eax, 267                # readlinkat
        syscall
        cmp     rax, 11
        jle     broken
        lea     r14, [rbp + rax + PATH - 11]

        # Two texts are printed from files, without any JVM: the version, and the help unless it is for a terminal,
        # for which the client lays it out.
        test    ebx, ebx
        jz      plain
        cmp     ebx, 1
        je      help
        cmp     ebx, 2
        jne     who
        mov     rdi, [r12 + 8]
        lea     rsi, version_long[rip]
        call    equal
        je      version
        lea     rsi, version_short[rip]
        call    equal
        je      version
        lea     rsi, help_long[rip]
        call    equal
        je      help
        lea     rsi, help_short[rip]
        call    equal
        jne     who
help:   mov     edi, 1
        mov     esi, 0x5413             # TIOCGWINSZ
        lea     rdx, [rbp + STAT]
        mov     eax, 16                 # ioctl
        syscall
        test    rax, rax
        jz      who
        lea     rsi, help_file[rip]
        jmp     print
version:
        lea     rsi, version_file[rip]
print:  call    append
        mov     rdi, AT_FDCWD
        lea     rsi, [rbp + PATH]
        mov     edx, O_CLOEXEC
        mov     eax, 257                # openat
        syscall
        test    rax, rax
        js      who
        mov     r15, rax
1:      mov     edi, r15d
        lea     rsi, [rbp + TEXT]
        mov     edx, TEXT_SIZE
        xor     eax, eax                # read
        syscall
        mov     edi, 0
        test    rax, rax
        jz      leave
        js      failed
        lea     rsi, [rbp + TEXT]
        mov     rdx, rax
2:      mov     edi, 1
        mov     eax, 1                  # write
        syscall
        test    rax, rax
        js      failed
        add     rsi, rax
        sub     rdx, rax
        jnz     2b
        jmp     1b

        # Only root has a resident client, and JUKUNG_CLIENT_SERVER=off switches it off.
who:    mov     eax, 102                # getuid
        syscall
        test    eax, eax
        jnz     plain
        mov     eax, 107                # geteuid
        syscall
        test    eax, eax
        jnz     plain
        mov     r8, r13
1:      mov     rdi, [r8]
        test    rdi, rdi
        jz      2f
        lea     rsi, off[rip]
        call    equal
        je      plain
        add     r8, 8
        jmp     1b

        # Commands that are processes of their own: a word that is no option and no option's value.
2:      lea     r8, [r12 + 8]
        xor     r9d, r9d                # 1: the word before was an option
1:      mov     rdi, [r8]
        test    rdi, rdi
        jz      3f
        add     r8, 8
        cmp     byte ptr [rdi], '-'
        jne     2f
        mov     r9d, 1
        jmp     1b
2:      lea     rsi, serve[rip]
        call    equal
        je      plain
        lea     rsi, config[rip]
        call    equal
        je      plain
        lea     rsi, doctor[rip]
        call    equal
        je      plain
        test    r9d, r9d
        jz      3f
        xor     r9d, r9d
        jmp     1b

        # The arguments and the environment lie side by side in memory (execve(2)).
3:      mov     rdi, [r12 + rbx * 8 - 8]
        mov     r8, r13
1:      mov     rax, [r8]
        test    rax, rax
        jz      2f
        mov     rdi, rax
        add     r8, 8
        jmp     1b
2:      cmp     byte ptr [rdi], 0
        lea     rdi, [rdi + 1]
        jne     2b
        mov     rax, [r12]
        sub     rdi, rax
        mov     [rbp + VECTORS + 16], rax
        mov     [rbp + VECTORS + 24], rdi
        mov     [rbp + HEAD + 16], rdi
        mov     [rbp + HEAD + 8], rbx
        mov     rax, magic[rip]
        mov     [rbp + HEAD], rax
        lea     rax, [rbp + HEAD]
        mov     [rbp + VECTORS], rax
        mov     qword ptr [rbp + VECTORS + 8], 24

        # The socket's name tells one installation from another by the device, the inode and the change time of this
        # program. It also has a hash of this process's cgroup (FNV-1a): a resident client ends with the session or the
        # service that has started it, and must not take the commands of others with it.
        mov     rdi, AT_FDCWD
        lea     rsi, exe[rip]
        lea     rdx, [rbp + STAT]
        xor     r10d, r10d
        mov     eax, 262                # newfstatat
        syscall
        test    rax, rax
        jnz     plain
        mov     rdi, AT_FDCWD
        lea     rsi, cgroup[rip]
        mov     edx, O_CLOEXEC
        mov     eax, 257                # openat
        syscall
        test    rax, rax
        js      plain
        mov     edi, eax
        lea     rsi, [rbp + TEXT]
        mov     edx, TEXT_SIZE
        xor     eax, eax                # read
        syscall
        test    rax, rax
        jle     plain
        mov     rdx, fnv_basis[rip]
        mov     r8, fnv_prime[rip]
1:      movzx   ecx, byte ptr [rsi]
        xor     rdx, rcx
        imul    rdx, r8
        inc     rsi
        dec     rax
        jnz     1b
        mov     [rbp + STAT + HASH], rdx
        mov     word ptr [rbp + ADDRESS], 1
        lea     rdi, [rbp + ADDRESS + 2]
        lea     rsi, directory[rip]
1:      lodsb
        stosb
        test    al, al
        jnz     1b
        mov     byte ptr [rdi - 1], '/'
        lea     r8, fields[rip]
        mov     r9d, 5
1:      movzx   ecx, byte ptr [r8]
        inc     r8
        mov     rax, [rbp + STAT + rcx]
        mov     ecx, 16
2:      rol     rax, 4
        mov     dl, al
        and     dl, 15
        add     dl, '0'
        cmp     dl, '9'
        jbe     3f
        add     dl, 'a' - '9' - 1
3:      mov     [rdi], dl
        inc     rdi
        dec     ecx
        jnz     2b
        dec     r9d
        jnz     1b

        # Nobody but root can have made a socket in a directory that is root's and that nobody else may write to.
try:    mov     rdi, AT_FDCWD
        lea     rsi, directory[rip]
        lea     rdx, [rbp + STAT]
        mov     r10d, AT_SYMLINK_NOFOLLOW
        mov     eax, 262                # newfstatat
        syscall
        cmp     rax, -2                 # ENOENT
        je      spawn
        test    rax, rax
        jnz     plain
        cmp     dword ptr [rbp + STAT + ST_MODE], S_IFDIR_0700
        jne     plain
        cmp     dword ptr [rbp + STAT + ST_UID], 0
        jne     plain
        mov     edi, 1                  # AF_UNIX
        mov     esi, 1 | O_CLOEXEC      # SOCK_STREAM
        xor     edx, edx
        mov     eax, 41                 # socket
        syscall
        test    rax, rax
        js      plain
        mov     r15, rax
        mov     qword ptr [rbp + TIME], 2
        mov     qword ptr [rbp + TIME + 8], 0
        mov     edi, r15d
        mov     esi, 1                  # SOL_SOCKET
        mov     edx, 21                 # SO_SNDTIMEO
        lea     r10, [rbp + TIME]
        mov     r8d, 16
        mov     eax, 54                 # setsockopt
        syscall
        mov     edi, r15d
        lea     rsi, [rbp + ADDRESS]
        mov     edx, 110
        mov     eax, 42                 # connect
        syscall
        cmp     rax, -2                 # ENOENT
        je      spawn
        cmp     rax, -111               # ECONNREFUSED
        je      spawn
        test    rax, rax
        jnz     plain
        mov     dword ptr [rbp + LENGTH], 12
        mov     edi, r15d
        mov     esi, 1
        mov     edx, 17                 # SO_PEERCRED
        lea     r10, [rbp + PEER]
        lea     r8, [rbp + LENGTH]
        mov     eax, 55                 # getsockopt
        syscall
        test    rax, rax
        jnz     plain
        cmp     dword ptr [rbp + PEER + 4], 0
        jne     plain
        call    answer
        jne     plain
        cmp     byte ptr [rbp + FRAME], 'H'
        jne     plain

        # The request.
        mov     rdi, AT_FDCWD
        lea     rsi, here[rip]
        mov     edx, O_PATH | O_DIRECTORY | O_CLOEXEC
        mov     eax, 257                # openat
        syscall
        test    rax, rax
        js      plain
        mov     qword ptr [rbp + CONTROL], 32
        mov     dword ptr [rbp + CONTROL + 8], 1        # SOL_SOCKET
        mov     dword ptr [rbp + CONTROL + 12], 1       # SCM_RIGHTS
        mov     dword ptr [rbp + CONTROL + 16], 0
        mov     dword ptr [rbp + CONTROL + 20], 1
        mov     dword ptr [rbp + CONTROL + 24], 2
        mov     [rbp + CONTROL + 28], eax
        lea     rax, [rbp + VECTORS]
        mov     [rbp + MESSAGE + 16], rax
        mov     qword ptr [rbp + MESSAGE + 24], 2
        lea     rax, [rbp + CONTROL]
        mov     [rbp + MESSAGE + 32], rax
        mov     qword ptr [rbp + MESSAGE + 40], 32
        mov     edi, r15d
        lea     rsi, [rbp + MESSAGE]
        mov     edx, MSG_NOSIGNAL
        mov     eax, 46                 # sendmsg
        syscall
        mov     rcx, [rbp + HEAD + 16]
        add     rcx, 24
        cmp     rax, rcx
        jne     plain
        call    answer
        jne     plain
        cmp     byte ptr [rbp + FRAME], 'A'
        jne     plain

        # Accepted. A signal that this process ignores (nohup(1)) stays ignored.
        lea     r8, forwarded[rip]
1:      movzx   edi, byte ptr [r8]
        test    edi, edi
        jz      2f
        inc     r8
        xor     esi, esi
        lea     rdx, [rbp + SIGACTION]
        mov     r10d, 8
        mov     eax, 13                 # rt_sigaction
        syscall
        cmp     qword ptr [rbp + SIGACTION], 1          # SIG_IGN
        je      1b
        dec     edi
        bts     qword ptr [rbp + SIGSET], rdi
        jmp     1b
2:      xor     edi, edi                # SIG_BLOCK
        call    mask
        mov     rdi, -1
        lea     rsi, [rbp + SIGSET]
        mov     edx, 8
        mov     r10d, O_CLOEXEC
        mov     eax, 289                # signalfd4
        syscall
        test    rax, rax
        js      unmask
        mov     [rbp + POLL + 8], eax
        mov     word ptr [rbp + POLL + 12], 1
        xor     edi, edi
        mov     esi, 0x5401             # TCGETS
        lea     rdx, [rbp + TERMIOS]
        mov     eax, 16                 # ioctl
        syscall
        test    rax, rax
        sete    byte ptr [rbp + SAVED]
        mov     word ptr [rbp + FRAME], 'G'
        call    send
        jne     unmask

        # Passes signals on until the command has ended.
forward:
        lea     rdi, [rbp + POLL]
        mov     esi, 2
        xor     edx, edx
        xor     r10d, r10d
        mov     eax, 271                # ppoll
        syscall
        test    rax, rax
        js      forward
        cmp     word ptr [rbp + POLL + 14], 0
        je      1f
        mov     edi, [rbp + POLL + 8]
        lea     rsi, [rbp + SIGINFO]
        mov     edx, 128
        xor     eax, eax                # read
        syscall
        cmp     rax, 128
        jne     1f
        mov     byte ptr [rbp + FRAME], 's'
        mov     al, [rbp + SIGINFO]
        mov     [rbp + FRAME + 1], al
        call    send
        cmp     byte ptr [rbp + SIGINFO], 20            # SIGTSTP
        jne     1f
        mov     eax, 39                 # getpid
        syscall
        mov     edi, eax
        mov     esi, 19                 # SIGSTOP
        mov     eax, 62                 # kill
        syscall
1:      cmp     word ptr [rbp + POLL + 6], 0
        je      forward
        call    receive
        jne     lost
        cmp     byte ptr [rbp + FRAME], 'X'
        jne     lost
        movzx   edi, byte ptr [rbp + FRAME + 1]
        jmp     leave

        # The resident client is gone. It may have left the terminal in raw mode.
lost:   cmp     byte ptr [rbp + SAVED], 0
        je      1f
        xor     edi, edi
        mov     esi, 0x5402             # TCSETS
        lea     rdx, [rbp + TERMIOS]
        mov     eax, 16                 # ioctl
        syscall
1:      lea     rsi, lost_text[rip]
        mov     edx, offset lost_end - lost_text
        jmp     complain

        # Starts a resident client, once, and waits until it listens.
spawn:  cmp     byte ptr [rbp + ATTEMPT], 0
        jne     plain
        inc     byte ptr [rbp + ATTEMPT]
        lea     rdi, [rbp + PIPE]
        mov     esi, O_CLOEXEC
        mov     eax, 293                # pipe2
        syscall
        test    rax, rax
        js      plain
        lea     rsi, resident[rip]
        call    append
        mov     edi, 17                 # SIGCHLD
        xor     esi, esi
        xor     edx, edx
        xor     r10d, r10d
        xor     r8d, r8d
        mov     eax, 56                 # clone
        syscall
        test    rax, rax
        js      plain
        jz      child
        mov     edi, [rbp + PIPE + 4]
        mov     eax, 3                  # close
        syscall
        mov     eax, [rbp + PIPE]
        mov     [rbp + POLL], eax
        mov     word ptr [rbp + POLL + 4], 1            # POLLIN
        mov     qword ptr [rbp + TIME], 10
        mov     qword ptr [rbp + TIME + 8], 0
        call    wait
        mov     edi, [rbp + PIPE]
        mov     eax, 3                  # close
        syscall
        jmp     try

        # The resident client has a session of its own, and nothing of its first caller: only the pipe, as 3.
child:  mov     eax, 112                # setsid
        syscall
        mov     edi, [rbp + PIPE + 4]
        mov     esi, 3
        xor     edx, edx
        mov     eax, 292                # dup3; refuses 3 itself, rightly
        syscall
        mov     edi, 3
        mov     esi, 2                  # F_SETFD
        xor     edx, edx
        mov     eax, 72                 # fcntl
        syscall
        mov     edi, 4
        mov     esi, -1
        xor     edx, edx
        mov     eax, 436                # close_range
        syscall
        xor     edi, edi
        mov     esi, 2
        mov     eax, 436
        syscall
        mov     r8d, 3
1:      mov     rdi, AT_FDCWD
        lea     rsi, null[rip]
        mov     edx, O_RDWR
        mov     eax, 257                # openat
        syscall
        dec     r8d
        jnz     1b
        lea     rdi, root[rip]
        mov     eax, 80                 # chdir
        syscall
        lea     rax, name[rip]
        mov     [rbp + ARGUMENTS], rax
        lea     rax, [rbp + ADDRESS + 2]
        mov     [rbp + ARGUMENTS + 8], rax
        lea     rdi, [rbp + PATH]
        lea     rsi, [rbp + ARGUMENTS]
        lea     rdx, variables[rip]
        mov     eax, 59                 # execve
        syscall
        jmp     failed

        # Runs the command in a JVM of its own.
unmask: mov     edi, 1                  # SIG_UNBLOCK
        call    mask
plain:  lea     rsi, launcher[rip]
        call    append
        lea     rdi, [rbp + PATH]
        mov     rsi, r12
        mov     rdx, r13
        mov     eax, 59                 # execve
        syscall
broken: lea     rsi, broken_text[rip]
        mov     edx, offset broken_end - broken_text
complain:
        mov     edi, 2
        mov     eax, 1                  # write
        syscall
failed: mov     edi, 1
leave:  mov     eax, 231                # exit_group
        syscall
        hlt

        # Compares the strings rdi and rsi. The zero flag says whether they are equal.
equal:  xor     ecx, ecx
1:      mov     al, [rdi + rcx]
        cmp     al, [rsi + rcx]
        jne     2f
        inc     rcx
        test    al, al
        jnz     1b
2:      ret

        # Puts the string rsi after the installation's directory in PATH.
append: mov     rdi, r14
1:      lodsb
        stosb
        test    al, al
        jnz     1b
        ret

        # Waits for the descriptor of POLL, at most TIME.
wait:   lea     rdi, [rbp + POLL]
        mov     esi, 1
        lea     rdx, [rbp + TIME]
        xor     r10d, r10d
        mov     eax, 271                # ppoll
        syscall
        ret

        # Waits three seconds for a message, and receives it as `receive` does.
answer: mov     [rbp + POLL], r15d
        mov     word ptr [rbp + POLL + 4], 1            # POLLIN
        mov     qword ptr [rbp + TIME], 3
        mov     qword ptr [rbp + TIME + 8], 0
        call    wait
        cmp     rax, 1
        je      receive
        ret

        # Receives a message of two bytes into FRAME. The zero flag says whether there was one.
receive:
        mov     edi, r15d
        lea     rsi, [rbp + FRAME]
        mov     edx, 2
        xor     r10d, r10d
        xor     r8d, r8d
        xor     r9d, r9d
        mov     eax, 45                 # recvfrom
        syscall
        cmp     rax, 2
        ret

        # Sends the message of two bytes in FRAME. The zero flag says whether it was sent.
send:   mov     edi, r15d
        lea     rsi, [rbp + FRAME]
        mov     edx, 2
        mov     r10d, MSG_NOSIGNAL
        xor     r8d, r8d
        xor     r9d, r9d
        mov     eax, 44                 # sendto
        syscall
        cmp     rax, 2
        ret

        # Blocks or unblocks the signals of SIGSET.
mask:   lea     rsi, [rbp + SIGSET]
        xor     edx, edx
        mov     r10d, 8
        mov     eax, 14                 # rt_sigprocmask
        syscall
        ret

        .balign 8
magic:  .ascii  "jukung\0\1"
variables:
        .quad   BASE + path - image, BASE + locale - image, 0
fnv_basis:
        .quad   0xcbf29ce484222325
fnv_prime:
        .quad   0x100000001b3
fields: .byte   0, 8, 104, 112, HASH    # st_dev, st_ino, st_ctim
forwarded:
        .byte   1, 2, 3, 15, 18, 20, 0  # SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT, SIGTSTP
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
