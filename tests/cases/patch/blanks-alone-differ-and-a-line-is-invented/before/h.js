/**
 * Add helpers.
 */

Server.prototype.helpers = 
Server.prototype.locals = function (obj) {
  merge (this.helpers, obj);
};
