
/**
 * Module dependencies.
 */
