package io.jukung.image.layer;

/**
 * Bounds on what one layer may take on the disk and in memory, however small it is when compressed.
 *
 * @param maxBytes bound on the uncompressed tar stream, and on the size of each file with its holes
 * @param maxEntries bound on the names made for files, directories, links and whiteouts
 * @param reservedBytes space that stays free on the file system: unpacking fails before it uses it
 * @param maxIndexBytes bound on the memory for names and attributes of a layer in the EROFS format;
 *     a larger layer becomes a directory
 */
public record LayerLimits(long maxBytes, long maxEntries, long reservedBytes, long maxIndexBytes) {
  /** Enough for about 400 000 names. Larger layers are rare. */
  public static final long DEFAULT_INDEX_BYTES = 96L << 20;

  /**
   * 256 GiB and 4 million names, which is more than any published image needs that we know. On most
   * nodes a decompression bomb reaches the reserved space before these bounds.
   */
  public static final LayerLimits DEFAULT = new LayerLimits(256L << 30, 4_000_000, 256L << 20);

  public LayerLimits(long maxBytes, long maxEntries, long reservedBytes) {
    this(maxBytes, maxEntries, reservedBytes, DEFAULT_INDEX_BYTES);
  }
}
