package io.jukung.image.layer;

/**
 * Bounds on what one layer may ask of the disk, whatever its compressed size says.
 *
 * @param maxBytes of the uncompressed tar stream, and of each file's size, holes included
 * @param maxEntries names made: files, directories, links, whiteouts
 * @param reservedBytes that stay free on the file system: unpacking stops before it eats them
 * @param maxIndexBytes of memory for the names and attributes of a layer that becomes an image; a
 *     larger layer becomes a directory
 */
public record LayerLimits(long maxBytes, long maxEntries, long reservedBytes, long maxIndexBytes) {
  /** Some 400 000 names; layers above that are rare, and a directory takes them. */
  public static final long DEFAULT_INDEX_BYTES = 96L << 20;

  /**
   * 256 GiB and 4 million names: above every published image known to us; a bomb meets the free
   * space's reserve long before on most nodes.
   */
  public static final LayerLimits DEFAULT = new LayerLimits(256L << 30, 4_000_000, 256L << 20);

  public LayerLimits(long maxBytes, long maxEntries, long reservedBytes) {
    this(maxBytes, maxEntries, reservedBytes, DEFAULT_INDEX_BYTES);
  }
}
