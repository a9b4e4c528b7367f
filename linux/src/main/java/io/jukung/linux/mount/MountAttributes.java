package io.jukung.linux.mount;

import io.jukung.linux.libc.Memory;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;

/**
 * A change of a mount's attributes (struct mount_attr of mount_setattr(2)): the attributes to set
 * and to clear, and the new propagation if it changes. Other attributes stay as they are.
 */
public record MountAttributes(
    Set<MountAttribute> set, Set<MountAttribute> clear, Optional<Propagation> propagation) {
  /** Size of struct mount_attr, version 0. */
  static final int STRUCT_SIZE = 32;

  public MountAttributes {
    set = Set.copyOf(set);
    clear = Set.copyOf(clear);
    for (MountAttribute attribute : set) {
      if (clear.contains(attribute)) {
        throw new IllegalArgumentException("mount attribute both set and cleared: " + attribute);
      }
    }
  }

  public static MountAttributes setting(MountAttribute... attributes) {
    return new MountAttributes(Set.of(attributes), Set.of(), Optional.empty());
  }

  public static MountAttributes propagating(Propagation propagation) {
    return new MountAttributes(Set.of(), Set.of(), Optional.of(propagation));
  }

  /** Returns the bits that the kernel sets. */
  public long setBits() {
    return bits(set);
  }

  /** Returns the bits that the kernel clears first. */
  public long clearBits() {
    boolean accessTime =
        set.stream().anyMatch(MountAttribute::isAccessTime)
            || clear.stream().anyMatch(MountAttribute::isAccessTime);
    return bits(clear) | (accessTime ? MountAttribute.ATIME_FIELD : 0);
  }

  public long propagationFlag() {
    return propagation.map(Propagation::flag).orElse(0L);
  }

  Memory toStruct() {
    return Memory.allocate(STRUCT_SIZE)
        .putLong(0, setBits())
        .putLong(8, clearBits())
        .putLong(16, propagationFlag());
  }

  static long bits(Collection<MountAttribute> attributes) {
    long bits = 0;
    for (MountAttribute attribute : attributes) {
      bits |= attribute.bit();
    }
    return bits;
  }

  /** Returns the change in the form {@code set=RDONLY|NOSUID, propagation=PRIVATE}. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner(", ");
    if (!set.isEmpty()) {
      text.add("set=" + names(set));
    }
    if (!clear.isEmpty()) {
      text.add("clear=" + names(clear));
    }
    propagation.ifPresent(p -> text.add("propagation=" + p));
    return text.toString();
  }

  static String names(Collection<MountAttribute> attributes) {
    if (attributes.isEmpty()) {
      return "0";
    }
    StringJoiner names = new StringJoiner("|");
    for (MountAttribute attribute : EnumSet.copyOf(attributes)) {
      names.add(attribute.name());
    }
    return names.toString();
  }
}
