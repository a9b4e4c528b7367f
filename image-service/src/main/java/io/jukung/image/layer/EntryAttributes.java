package io.jukung.image.layer;

import io.jukung.linux.fs.FileTime;
import java.util.Map;

/**
 * The attributes that an entry of a layer gives its file. All values have been checked.
 *
 * @param mode the 12 permission bits
 * @param extended attributes by name; only those that an image may set
 */
record EntryAttributes(
    int mode, int uid, int gid, FileTime modified, Map<String, byte[]> extended) {}
