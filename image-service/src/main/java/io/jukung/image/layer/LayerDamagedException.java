package io.jukung.image.layer;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;

/**
 * The files of a layer are lost or damaged, so that the layer has to be made again. Failures that
 * come from the state of the node, such as EMFILE, ENOMEM or EPERM, are other exceptions.
 */
public final class LayerDamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  /** EFSBADCRC of EROFS: a checksum is wrong. */
  private static final int EBADMSG = 74;

  /** EFSCORRUPTED of EROFS: the structures in the image are not consistent. */
  private static final int EUCLEAN = 117;

  LayerDamagedException(String message, IOException cause) {
    super(message, cause);
  }

  /** Whether a failure to open or read a layer's files shows that they are lost or damaged. */
  public static boolean isShownBy(IOException failure) {
    return switch (failure) {
      case LayerDamagedException _ -> true;
      case ErrnoException e -> isLoss(e) || isDamage(e);
      case InterruptedIOException _ -> false;
      case FileNotFoundException _ -> false; // how Java reports any failure to open, as by EMFILE
      default -> true; // a read from an open file has failed
    };
  }

  /** Whether the error says that a file or directory of the layer does not exist. */
  static boolean isLoss(ErrnoException e) {
    return e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR);
  }

  /**
   * Whether the error can be the kernel's answer to a damaged image. EINVAL and EOPNOTSUPP are also
   * its answer where it cannot mount any such image.
   */
  static boolean isDamage(ErrnoException e) {
    return e.is(Errno.EIO)
        || e.is(EUCLEAN)
        || e.is(EBADMSG)
        || e.is(Errno.EINVAL)
        || e.is(Errno.EOPNOTSUPP);
  }
}
