package io.jukung.image.store;

import io.jukung.cri.CriException;
import io.jukung.image.layer.ChainId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases on images, in memory and on disk. A user has at most one. Thread-safe.
 *
 * <p>Leases are not waited for on the disk. They protect what running processes use, and a power
 * cut ends these. A lease that it damages is released with its user, or because it has none.
 */
final class Leases {
  private static final Logger log = LoggerFactory.getLogger(Leases.class);
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");

  private final ReentrantLock lock;
  private final RecordDirectory<Lease> files;
  private final Map<String, Lease> leases = new HashMap<>();

  /**
   * Users whose lease could not be read. Nobody knows which layers such a lease keeps, so no layer
   * is removed until these users have released their lease or taken a new one.
   */
  private final Set<String> unreadable = new HashSet<>();

  /**
   * @param lock the store's
   */
  Leases(ReentrantLock lock, Path directory) {
    this.lock = lock;
    this.files = new RecordDirectory<>(directory, Lease.class, Lease::check);
  }

  /** Reads all leases from disk. */
  void load() throws IOException {
    for (Path file : files.files()) {
      try {
        Lease stored = files.read(file);
        leases.put(stored.user(), stored);
      } catch (IOException e) {
        log.warn(
            "image lease {} is unreadable, and no layer is removed until its user releases it: {}",
            file,
            e.getMessage());
        unreadable.add(RecordDirectory.name(file));
      }
    }
  }

  /**
   * @throws CriException INVALID_ARGUMENT for a name that no lease can have
   */
  static void checkUser(String user) {
    if (!USER.matcher(user).matches()) {
      throw CriException.invalidArgument(
          "lease of an image: the user's name is not valid: " + user);
    }
  }

  /** The user's lease, if it has one that could be read. */
  Optional<Lease> find(String user) {
    lock.lock();
    try {
      return Optional.ofNullable(leases.get(user));
    } finally {
      lock.unlock();
    }
  }

  /** Adds a lease in the place of an unreadable one, if there is any. */
  void add(Lease lease) throws IOException {
    lock.lock();
    try {
      files.writeSoon(lease.user(), lease);
      leases.put(lease.user(), lease);
      unreadable.remove(lease.user());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes the user's lease, also an unreadable one.
   *
   * @return false if the user has none
   */
  boolean remove(String user) throws IOException {
    lock.lock();
    try {
      if (!leases.containsKey(user) && !unreadable.contains(user)) {
        return false;
      }
      files.removeSoon(user);
      leases.remove(user);
      unreadable.remove(user);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** All users that have a lease, also an unreadable one. */
  Set<String> users() {
    lock.lock();
    try {
      Set<String> users = new HashSet<>(leases.keySet());
      users.addAll(unreadable);
      return users;
    } finally {
      lock.unlock();
    }
  }

  /** The users whose lease keeps the layer, or could. */
  Set<String> usersOf(ChainId chainId) {
    lock.lock();
    try {
      Set<String> users = new TreeSet<>(unreadable);
      for (Lease lease : leases.values()) {
        if (lease.chain().contains(chainId)) {
          users.add(lease.user());
        }
      }
      return users;
    } finally {
      lock.unlock();
    }
  }

  /** The leases that could be read. */
  Collection<Lease> all() {
    lock.lock();
    try {
      return List.copyOf(leases.values());
    } finally {
      lock.unlock();
    }
  }

  boolean hasUnreadable() {
    lock.lock();
    try {
      return !unreadable.isEmpty();
    } finally {
      lock.unlock();
    }
  }
}
