describe('router', function () {
  it('finds', done);
  
  it('fails', done);
})
