package io.jukung.runtime.store;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The serialized message that shows an object, kept for as long as the object has the same records.
 * Records are immutable and each change makes a new one, so bytes that belong to the records that
 * the caller has just read are never out of date. Thread-safe and without a lock: threads that ask
 * at the same time may make the bytes twice.
 */
public final class ShownBytes {
  private volatile @Nullable Made made;

  private record Made(Object first, Object second, Object names, byte[] bytes) {
    @SuppressWarnings("ReferenceEquality") // equal records of two moments may be told apart
    boolean isOf(Object record, Object status, Object shownNames) {
      return first == record && second == status && names.equals(shownNames);
    }
  }

  /**
   * Returns the bytes for an object that is described by one record.
   *
   * @param record the record that the caller has read, compared by identity
   * @param make makes the bytes of that record
   */
  public byte[] of(Object record, Supplier<byte[]> make) {
    return of(record, record, "", make);
  }

  /**
   * Returns the bytes for an object that is described by two records and by names that may change
   * without them.
   *
   * @param record a record that the caller has read, compared by identity
   * @param status another one, compared by identity
   * @param names names that the caller has read, compared by equality
   * @param make makes the bytes of the two records and the names
   */
  public byte[] of(Object record, Object status, Object names, Supplier<byte[]> make) {
    Made known = made;
    if (known != null && known.isOf(record, status, names)) {
      return known.bytes;
    }
    Made fresh = new Made(record, status, names, make.get());
    made = fresh;
    return fresh.bytes;
  }
}
