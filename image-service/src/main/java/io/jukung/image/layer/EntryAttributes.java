package io.jukung.image.layer;

import io.jukung.linux.fs.FileTime;
import java.util.Map;

/**
 * What an entry of a layer says of its file, checked.
 *
 * @param mode the 12 permission bits
 * @param extended attributes by name that an image may set
 */
record EntryAttributes(
    int mode, int uid, int gid, FileTime modified, Map<String, byte[]> extended) {}
