package io.jukung.linux.namespace;

/**
 * Whom the ids of a user namespace stand for on the host: one run of user ids and one of group ids,
 * both from 0 up inside (user_namespaces(7)).
 */
public record IdMappings(Range users, Range groups) {

  /**
   * So many ids.
   *
   * @param firstHostId what id 0 of the namespace is on the host
   */
  public record Range(long firstHostId, long length) {
    /** The kernel keeps the last 32-bit id for "none". */
    private static final long MAX_IDS = 0xffffffffL;

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException where the kernel has no such ids
     */
    public Range {
      if (firstHostId < 0 || length < 1 || firstHostId + length > MAX_IDS) {
        throw new IllegalArgumentException(
            "there are no " + length + " ids from " + firstHostId + " on");
      }
    }

    public boolean contains(long id) {
      return id >= 0 && id < length;
    }

    /** The host's id for one of the namespace that the range contains. */
    public long toHost(long id) {
      if (!contains(id)) {
        throw new IllegalArgumentException(
            "id " + id + " is not among the " + length + " of the user namespace");
      }
      return firstHostId + id;
    }

    /** As /proc/PID/uid_map takes it. */
    String map() {
      return "0 " + firstHostId + " " + length;
    }
  }

  /** The host's user id of the namespace's root. */
  public int rootUser() {
    return (int) users.firstHostId();
  }

  /** The host's group id of the namespace's root. */
  public int rootGroup() {
    return (int) groups.firstHostId();
  }
}
