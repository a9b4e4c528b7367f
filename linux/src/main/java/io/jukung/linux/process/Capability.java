package io.jukung.linux.process;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The capabilities of capabilities(7); the ordinal is the kernel's bit number. */
public enum Capability {
  CAP_CHOWN,
  CAP_DAC_OVERRIDE,
  CAP_DAC_READ_SEARCH,
  CAP_FOWNER,
  CAP_FSETID,
  CAP_KILL,
  CAP_SETGID,
  CAP_SETUID,
  CAP_SETPCAP,
  CAP_LINUX_IMMUTABLE,
  CAP_NET_BIND_SERVICE,
  CAP_NET_BROADCAST,
  CAP_NET_ADMIN,
  CAP_NET_RAW,
  CAP_IPC_LOCK,
  CAP_IPC_OWNER,
  CAP_SYS_MODULE,
  CAP_SYS_RAWIO,
  CAP_SYS_CHROOT,
  CAP_SYS_PTRACE,
  CAP_SYS_PACCT,
  CAP_SYS_ADMIN,
  CAP_SYS_BOOT,
  CAP_SYS_NICE,
  CAP_SYS_RESOURCE,
  CAP_SYS_TIME,
  CAP_SYS_TTY_CONFIG,
  CAP_MKNOD,
  CAP_LEASE,
  CAP_AUDIT_WRITE,
  CAP_AUDIT_CONTROL,
  CAP_SETFCAP,
  CAP_MAC_OVERRIDE,
  CAP_MAC_ADMIN,
  CAP_SYSLOG,
  CAP_WAKE_ALARM,
  CAP_BLOCK_SUSPEND,
  CAP_AUDIT_READ,
  CAP_PERFMON,
  CAP_BPF,
  CAP_CHECKPOINT_RESTORE;

  private static final List<Capability> ALL = List.of(values());

  public static List<Capability> all() {
    return ALL;
  }

  /** Finds a capability by name, in upper or lower case, with or without {@code CAP_}. */
  public static Optional<Capability> named(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    String full = upper.startsWith("CAP_") ? upper : "CAP_" + upper;
    return Arrays.stream(values()).filter(each -> each.name().equals(full)).findFirst();
  }

  /** Returns the bit number, as capset(2) and the bounding set use it. */
  @SuppressWarnings("EnumOrdinal") // declared in the kernel's order, which a test checks
  public int bit() {
    return ordinal();
  }

  public long mask() {
    return 1L << bit();
  }

  /** Returns a set as a 64-bit word, in the form of capset(2) and /proc/PID/status. */
  public static long mask(Collection<Capability> capabilities) {
    long mask = 0;
    for (Capability each : capabilities) {
      mask |= each.mask();
    }
    return mask;
  }
}
