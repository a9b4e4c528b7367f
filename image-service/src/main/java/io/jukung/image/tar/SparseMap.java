package io.jukung.image.tar;

import java.util.ArrayList;
import java.util.List;

/**
 * The parts of a sparse file that an archive stores; the rest of the file reads as zeros (GNU tar
 * manual, Sparse Formats).
 */
final class SparseMap {
  /** Bounds the memory for one map. */
  private static final int MAX_FRAGMENTS = 100_000;

  private final List<Fragment> fragments = new ArrayList<>();

  /** A part of the file that is stored. */
  record Fragment(long offset, long length) {}

  /** Parses pairs of offset and length, all separated by commas (format 0.1). */
  static SparseMap parse(String text) throws ArchiveFormatException {
    String[] numbers = text.isEmpty() ? new String[0] : text.split(",", -1);
    if (numbers.length % 2 != 0) {
      throw new ArchiveFormatException("sparse map with an odd count of numbers");
    }
    SparseMap map = new SparseMap();
    for (int i = 0; i < numbers.length; i += 2) {
      map.add(
          PaxRecords.parseNumber(numbers[i], "sparse offset"),
          PaxRecords.parseNumber(numbers[i + 1], "sparse length"));
    }
    return map;
  }

  void add(long offset, long length) throws ArchiveFormatException {
    long previousEnd =
        fragments.isEmpty() ? 0 : fragments.getLast().offset + fragments.getLast().length;
    if (offset < previousEnd || length < 0 || offset + length < offset) {
      throw new ArchiveFormatException("sparse map whose parts overlap or overflow");
    }
    checkCount(fragments.size() + 1L);
    fragments.add(new Fragment(offset, length));
  }

  /** Rejects a map that claims to have more parts than are kept in memory. */
  static void checkCount(long count) throws ArchiveFormatException {
    if (count > MAX_FRAGMENTS) {
      throw new ArchiveFormatException("sparse map of more than " + MAX_FRAGMENTS + " parts");
    }
  }

  /**
   * Rejects a map that does not fit its file.
   *
   * @param storedBytes the size of the content in the archive
   */
  void check(long fileSize, long storedBytes) throws ArchiveFormatException {
    long stored = 0;
    for (Fragment fragment : fragments) {
      stored += fragment.length;
      if (fragment.offset + fragment.length > fileSize) {
        throw new ArchiveFormatException("sparse map that reaches beyond the file's size");
      }
    }
    if (stored != storedBytes) {
      throw new ArchiveFormatException("sparse map that differs from the stored size");
    }
  }

  /** The parts in the order of their offsets. */
  List<Fragment> fragments() {
    return fragments;
  }
}
