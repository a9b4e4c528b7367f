package io.jukung.image.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.RegularFile;
import io.jukung.linux.fs.RegularFile.UnexpectedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A directory of JSON files with one record each. Files are replaced atomically and synced. */
public final class RecordDirectory<T> {
  /** Stores the components of a record and no answers of its methods, such as isArtifact(). */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.AUTO_DETECT_IS_GETTERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final String SUFFIX = ".json";

  /** An image with the largest manifest and all its names stays far below. */
  private static final int MAX_RECORD_BYTES = 16 * 1024 * 1024;

  private final Path directory;
  private final Class<T> type;
  private final Consumer<T> check;

  /** The file was read, and its content is not a valid record. */
  public static final class DamagedRecordException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedRecordException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * Makes a view of a directory that exists.
   *
   * @param check throws IllegalArgumentException for a record that is incomplete or of another
   *     version
   */
  public RecordDirectory(Path directory, Class<T> type, Consumer<T> check) {
    this.directory = directory;
    this.type = type;
    this.check = check;
  }

  /** The records' files, sorted. Files that an interrupted write has left are removed. */
  public List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : all.sorted().toList()) {
        if (AtomicFile.isTemporary(file.getFileName().toString())) {
          Files.delete(file);
        } else {
          files.add(file);
        }
      }
    }
    return files;
  }

  /** The name under which a file's record was written. */
  static String name(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
  }

  /**
   * Reads a record.
   *
   * @throws DamagedRecordException if the content is no valid record
   * @throws IOException if the file could not be read, which says nothing about its content
   */
  public T read(Path file) throws IOException {
    byte[] content;
    try {
      content = RegularFile.read(file, MAX_RECORD_BYTES);
    } catch (UnexpectedFileException e) {
      throw new DamagedRecordException(String.valueOf(e.getMessage()), e);
    }
    try {
      T stored = JSON.readValue(content, type);
      if (stored == null) {
        throw new IllegalArgumentException("it is null"); // "null" is JSON, but no record
      }
      check.accept(stored);
      return stored;
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new DamagedRecordException(String.valueOf(e.getMessage()), e);
    }
  }

  void write(String name, T content) throws IOException {
    AtomicFile.write(file(name), JSON.writeValueAsBytes(content));
  }

  /** As {@link #write}, without waiting for the disk: a power cut may leave an empty file. */
  public void writeSoon(String name, T content) throws IOException {
    AtomicFile.replace(file(name), JSON.writeValueAsBytes(content));
  }

  /** As {@link #remove}, without waiting for the disk: a power cut may bring the record back. */
  public void removeSoon(String name) throws IOException {
    Files.deleteIfExists(file(name));
  }

  /** Removes the record; a record that does not exist is no error. */
  void remove(String name) throws IOException {
    AtomicFile.remove(file(name));
  }

  private Path file(String name) {
    return directory.resolve(name + SUFFIX);
  }
}
