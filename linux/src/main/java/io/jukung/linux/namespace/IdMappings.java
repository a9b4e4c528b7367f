package io.jukung.linux.namespace;

/**
 * The mapping of a user namespace's ids to ids of the host (user_namespaces(7)): one range of user
 * ids and one of group ids, which both start at 0 in the namespace.
 */
public record IdMappings(Range users, Range groups) {

  /**
   * A range of ids.
   *
   * @param firstHostId the host's id that id 0 of the namespace is mapped to
   */
  public record Range(long firstHostId, long length) {
    /** The number of ids; the kernel uses the last 32-bit value for "no id". */
    private static final long MAX_IDS = 0xffffffffL;

    /**
     * Makes a checked range.
     *
     * @throws IllegalArgumentException if the kernel has no such ids
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

    /** Returns the host's id for an id of the namespace. The range must contain it. */
    public long toHost(long id) {
      if (!contains(id)) {
        throw new IllegalArgumentException(
            "id " + id + " is not among the " + length + " of the user namespace");
      }
      return firstHostId + id;
    }

    /** Returns the line that is written to /proc/PID/uid_map. */
    String map() {
      return "0 " + firstHostId + " " + length;
    }
  }

  /** Returns the host's user id for root of the namespace. */
  public int rootUser() {
    return (int) users.firstHostId();
  }

  /** Returns the host's group id for root of the namespace. */
  public int rootGroup() {
    return (int) groups.firstHostId();
  }
}
