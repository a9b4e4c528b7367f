package io.jukung.image.layer;

/**
 * Bounds on what one layer may ask of the disk, whatever its compressed size says.
 *
 * @param maxBytes of the uncompressed tar stream, and of each file's size, holes included
 * @param maxEntries names made: files, directories, links, whiteouts
 * @param reservedBytes that stay free on the file system: unpacking stops before it eats them
 */
public record LayerLimits(long maxBytes, long maxEntries, long reservedBytes) {
  /**
   * 256 GiB and 4 million names: above every published image known to us; a bomb meets the free
   * space's reserve long before on most nodes.
   */
  public static final LayerLimits DEFAULT = new LayerLimits(256L << 30, 4_000_000, 256L << 20);
}
