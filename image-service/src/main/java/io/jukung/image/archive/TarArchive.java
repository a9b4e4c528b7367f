package io.jukung.image.archive;

import io.jukung.cri.CriException;
import io.jukung.image.content.BulkInputStream;
import io.jukung.image.layer.LayerLimits;
import io.jukung.image.layer.SpaceReserve;
import io.jukung.image.tar.ArchiveFormatException;
import io.jukung.image.tar.Decompression;
import io.jukung.image.tar.TarEntry;
import io.jukung.image.tar.TarPath;
import io.jukung.image.tar.TarReader;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A tar archive whose files are read from their position in it, which is found by one pass over the
 * archive. A compressed archive is decompressed into a temporary file first.
 */
final class TarArchive implements ArchiveFiles {
  /** Enough for a layout of some hundred images. Each name is kept in memory. */
  private static final int MAX_MEMBERS = 100_000;

  private static final int MAX_NAME_LENGTH = 1024;

  /** Layers of a docker archive can be links to layers that are links in turn. */
  private static final int MAX_LINKS = 16;

  private static final int COPY_BYTES = 256 * 1024;

  private final Fd file;
  private final @Nullable Path temporaryFile;
  private final Map<String, Member> members = new HashMap<>();

  /** The position of a file in the archive, or the name that a link leads to. */
  private sealed interface Member {
    record Content(long offset, long size) implements Member {}

    record Link(String target) implements Member {}
  }

  private TarArchive(Fd file, @Nullable Path temporaryFile) {
    this.file = file;
    this.temporaryFile = temporaryFile;
  }

  /**
   * @param file closed with the archive; on failure it stays open
   */
  static TarArchive open(Fd file, Path temporary, LayerLimits limits) throws IOException {
    if (!isCompressed(file)) {
      TarArchive archive = new TarArchive(file, null);
      archive.index();
      return archive;
    }
    Path plain = Files.createTempFile(temporary, "archive-", ".tar");
    try {
      try {
        decompress(file, plain, limits);
      } catch (ArchiveFormatException e) {
        throw unreadable(e);
      }
      TarArchive archive = new TarArchive(openTemporary(plain), plain);
      try {
        archive.index();
      } catch (IOException | RuntimeException e) {
        archive.file.close();
        throw e;
      }
      file.close();
      return archive;
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(plain);
      throw e;
    }
  }

  @Override
  public OptionalLong size(String name) {
    return find(name).map(content -> OptionalLong.of(content.size)).orElse(OptionalLong.empty());
  }

  @Override
  public InputStream open(String name) throws IOException {
    Member.Content content = find(name).orElseThrow(() -> new FileNotFoundException(name));
    InputStream in = ArchiveFiles.reopen(file);
    try {
      in.skipNBytes(content.offset);
      return new Part(in, content.size);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
    if (temporaryFile != null) {
      Files.deleteIfExists(temporaryFile);
    }
  }

  private Optional<Member.Content> find(String name) {
    String at = name;
    for (int links = 0; links <= MAX_LINKS; links++) {
      switch (members.get(at)) {
        case null -> {
          return Optional.empty();
        }
        case Member.Content content -> {
          return Optional.of(content);
        }
        case Member.Link link -> at = link.target;
      }
    }
    throw CriException.failedPrecondition(name + " is a link that leads nowhere");
  }

  private void index() throws IOException {
    try (InputStream in = ArchiveFiles.reopen(file)) {
      TarReader tar = new TarReader(in);
      for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
        add(next.get(), tar);
        if (members.size() > MAX_MEMBERS) {
          throw CriException.failedPrecondition("it has more than " + MAX_MEMBERS + " files");
        }
        checkInterrupt();
      }
    } catch (ArchiveFormatException e) {
      throw unreadable(e);
    }
  }

  private static CriException unreadable(ArchiveFormatException e) {
    return CriException.failedPrecondition("it cannot be read as an archive: " + e.getMessage());
  }

  private void add(TarEntry entry, TarReader tar) throws ArchiveFormatException {
    Optional<String> name = resolve("", entry.name());
    if (name.isEmpty() || name.get().length() > MAX_NAME_LENGTH) {
      return; // no document of an image can name such a file
    }
    Optional<Member> member =
        switch (entry.type()) {
          case FILE ->
              Optional.of(
                  new Member.Content(
                      tar.contentOffset()
                          .orElseThrow(
                              () ->
                                  CriException.failedPrecondition(
                                      TarPath.display(entry.name()) + " is a sparse file")),
                      entry.size()));
          case SYMLINK -> {
            yield resolve(TarPath.parent(name.get()), entry.linkName()).map(Member.Link::new);
          }
          case HARD_LINK -> resolve("", entry.linkName()).map(Member.Link::new);
          case CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO -> Optional.empty();
        };
    if (member.isPresent() && members.put(name.get(), member.get()) != null) {
      // Readers differ on which of the two files they use.
      throw CriException.failedPrecondition(TarPath.display(entry.name()) + " is there twice");
    }
  }

  /** Resolves "." and ".." in a name. Empty if the name leads out of the archive. */
  private static Optional<String> resolve(String directory, String path) {
    Deque<String> names = new ArrayDeque<>();
    for (String component : (directory + "/" + path).split("/", -1)) {
      switch (component) {
        case "", "." -> {}
        case ".." -> {
          if (names.pollLast() == null) {
            return Optional.empty();
          }
        }
        default -> names.addLast(component);
      }
    }
    return Optional.of(String.join("/", names));
  }

  // ── compressed archives ────────────────────────────────────────────────────────────────────

  private static boolean isCompressed(Fd file) throws IOException {
    try (InputStream in = ArchiveFiles.reopen(file)) {
      return Decompression.isCompressed(in.readNBytes(Decompression.PEEKED_BYTES));
    }
  }

  private static void decompress(Fd file, Path target, LayerLimits limits) throws IOException {
    byte[] buffer = new byte[COPY_BYTES];
    long total = 0;
    try (InputStream in =
            Decompression.open(new BufferedInputStream(ArchiveFiles.reopen(file), COPY_BYTES));
        FileOutputStream out = new FileOutputStream(target.toFile());
        Fd plain = openTemporary(target)) {
      SpaceReserve reserve =
          new SpaceReserve(plain, limits.reservedBytes(), "a decompressed archive");
      reserve.check();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        total += count;
        if (total > limits.maxBytes()) {
          throw CriException.failedPrecondition(
              "it is larger than %d bytes uncompressed".formatted(limits.maxBytes()));
        }
        out.write(buffer, 0, count);
        reserve.written(count);
      }
    }
  }

  private static Fd openTemporary(Path file) throws IOException {
    Path directory = file.getParent();
    if (directory == null) {
      throw new IllegalArgumentException("temporary file without a directory: " + file);
    }
    try (Fd parent = HostFile.openDirectory(directory)) {
      return Openat2.openForReading(parent, file.getFileName().toString());
    }
  }

  private static void checkInterrupt() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("reading the archive was interrupted");
    }
  }

  /** Reads one file of the archive. */
  private static final class Part extends BulkInputStream {
    private final InputStream in;
    private long left;

    Part(InputStream in, long size) {
      this.in = in;
      this.left = size;
    }

    @Override
    public int read(byte[] target, int start, int length) throws IOException {
      if (left == 0 && length > 0) {
        return -1;
      }
      int count = in.read(target, start, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
