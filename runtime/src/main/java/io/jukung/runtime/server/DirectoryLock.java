package io.jukung.runtime.server;

import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A lock that keeps a second daemon from using the same directory. The kernel releases the lock
 * when the process ends, so a crash leaves no stale lock; the lock file itself stays.
 */
final class DirectoryLock implements AutoCloseable {
  private static final int MAX_PID_BYTES = 20;

  private final FileChannel channel;

  private DirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Locks the directory, and creates it if it is missing. */
  static DirectoryLock acquire(Path directory) throws StartupException {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
      FileChannel channel =
          FileChannel.open(
              directory.resolve(StatePaths.LOCK),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      try {
        return lock(directory, channel);
      } catch (IOException | StartupException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StartupException("cannot lock " + directory + ": " + e, e);
    }
  }

  private static DirectoryLock lock(Path directory, FileChannel channel)
      throws IOException, StartupException {
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Another Daemon object of this process holds the lock; refused as well.
    }
    if (lock == null) {
      throw new StartupException(
          "another jukung (pid " + read(channel) + ") works on " + directory);
    }
    channel.truncate(0);
    channel.write(
        ByteBuffer.wrap(
            Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
    return new DirectoryLock(channel);
  }

  private static String read(FileChannel channel) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(MAX_PID_BYTES);
    channel.read(pid, 0);
    return new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
