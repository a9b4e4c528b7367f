# A process of a container that attacks whoever joins its pid namespace, as soon as it is there.
# Tells each different thing it gets to see of another process:
#   executable | whether its root is the node's | what else than pipes it has open | rights beyond its own
# Arguments: the numbers of ptrace(2) and wait4(2), a file that the node has and the container has not.
use strict;
use warnings;
no warnings 'portable';
$| = 1;
my ($ptrace, $wait4, $node_file) = @ARGV;
my ($SEIZE, $INTERRUPT, $DETACH, $WALL) = (0x4206, 0x4207, 17, 0x40000000);
my %told;

sub rights {
    my ($pid) = @_;
    open(my $status, '<', "/proc/$pid/status") or return;
    return map { /^CapEff:\s*([0-9a-f]+)/ ? hex $1 : () } <$status>;
}

my ($own) = rights($$);

sub look {
    my ($pid, $how) = @_;
    my $exe = readlink "/proc/$pid/exe";
    return if !defined $exe;
    my $root = -e "/proc/$pid/root$node_file" ? 'node' : 'own';
    my @open;
    if (opendir(my $descriptors, "/proc/$pid/fd")) {
        @open = grep { defined && !/^pipe:/ && $_ ne '/dev/null' }
            map { readlink "/proc/$pid/fd/$_" } grep { /^\d+$/ } readdir $descriptors;
    }
    my ($rights) = rights($pid);
    return if !defined $rights; # it has ended
    my $line = sprintf '%s %s | %s | %s | %x', $how, $exe, $root, "@open", $rights & ~$own;
    print "$line\n" if !$told{$line}++;
}

print "ready\n";
while (1) {
    opendir(my $processes, '/proc') or die "proc: $!";
    for my $pid (grep { /^\d+$/ && $_ != $$ && $_ != 1 } readdir $processes) {
        look($pid, 'sees');
        if (syscall($ptrace, $SEIZE, $pid + 0, 0, 0) == 0) {
            syscall($ptrace, $INTERRUPT, $pid + 0, 0, 0);
            my $status = "\0" x 8;
            syscall($wait4, $pid + 0, $status, $WALL, 0);
            look($pid, 'traces');
            syscall($ptrace, $DETACH, $pid + 0, 0, 0);
        }
    }
}
